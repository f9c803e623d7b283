"""Sign-in: tokens that rotate, run out and are revoked, and the gateway's refusals."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.qbo.routes import AUTHORIZE_PATH, TOKEN_PATH
from tests.sandbox.qbo_server import TIMEOUT, Qbo, qbo


def _token(us: Qbo, form: dict[str, str], auth: tuple[str, str] | None = None) -> requests.Response:
    client = us.server.sign_in
    return requests.post(
        us.url + TOKEN_PATH, data=form, auth=auth or (client.client_id, client.client_secret), timeout=TIMEOUT
    )


def test_a_refresh_gives_a_new_refresh_token_each_time(us: Qbo) -> None:
    tokens = {us.sign_in().json()["refresh_token"] for _ in range(3)}
    assert len(tokens) == 3


def test_a_refresh_answers_as_the_real_one(us: Qbo) -> None:
    answer = us.sign_in().json()
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 3600
    assert answer["x_refresh_token_expires_in"] == 100 * 24 * 3600
    assert us.call("GET", "preferences")["Preferences"]["Id"] == "1"


def test_the_last_refresh_token_survives_a_lost_answer_until_the_new_one_is_used(us: Qbo) -> None:
    first = us.server.sign_in.refresh_token
    us.sign_in(first)  # the answer of which is lost
    second = us.sign_in(first)
    assert second.ok
    third = us.sign_in(second.json()["refresh_token"])
    assert third.ok
    refused = us.sign_in(first)
    assert (refused.status_code, refused.json()) == (400, {"error": "invalid_grant"})


def test_a_token_whose_answer_was_lost_is_dead_after_the_retry(us: Qbo) -> None:
    first = us.server.sign_in.refresh_token
    lost = us.sign_in(first).json()["refresh_token"]
    assert us.sign_in(first).ok
    assert us.sign_in(lost).status_code == 400


def test_without_grace_the_last_refresh_token_is_refused_at_once(us: Qbo) -> None:
    us.control("qbo", {"sign_in": {"grace": "none"}})
    first = us.server.sign_in.refresh_token
    assert us.sign_in(first).ok
    assert us.sign_in(first).json() == {"error": "invalid_grant"}


def test_rotation_can_be_off(us: Qbo) -> None:
    us.control("qbo", {"sign_in": {"rotate": "never"}})
    first = us.server.sign_in.refresh_token
    assert us.sign_in(first).json()["refresh_token"] == first


def test_a_refresh_token_lives_100_days_from_its_last_use(us: Qbo) -> None:
    us.clock.push(99 * 86400)
    assert us.sign_in().ok
    us.clock.push(99 * 86400)
    assert us.sign_in().ok
    us.clock.push(101 * 86400)
    assert us.sign_in().json() == {"error": "invalid_grant"}


def test_a_wrong_client_is_refused(us: Qbo) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": us.server.sign_in.refresh_token}
    refused = _token(us, form, ("sandbox-client", "guess"))
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
    bare = requests.post(us.url + TOKEN_PATH, data=form, timeout=TIMEOUT)
    assert bare.status_code == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "refresh_token", "refresh_token": "never-given"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_grant_is_refused(us: Qbo, form: dict[str, str], error: str) -> None:
    refused = _token(us, form)
    assert (refused.status_code, refused.json()) == (400, {"error": error})


def test_an_access_token_runs_out_and_the_gateway_says_so_in_its_own_words(us: Qbo) -> None:
    us.clock.push(3599)
    assert us.send("GET", "preferences").ok
    us.clock.push(2)
    refused = us.send("GET", "preferences")
    assert refused.status_code == 401
    fault = refused.json()["fault"]
    assert fault["type"] == "AUTHENTICATION"
    assert fault["error"][0]["code"] == "3200"
    assert fault["error"][0]["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    assert us.sign_in().ok
    assert us.send("GET", "preferences").ok


def test_an_older_access_token_lives_on_after_a_refresh(us: Qbo) -> None:
    older = us.session.headers["Authorization"]
    us.sign_in()
    us.session.headers["Authorization"] = older
    assert us.send("GET", "preferences").ok


def test_the_life_of_an_access_token_can_be_set(us: Qbo) -> None:
    us.control("qbo", {"sign_in": {"access_token_seconds": 5}})
    us.sign_in()
    us.clock.push(6)
    assert us.send("GET", "preferences").status_code == 401


def test_a_revoked_connection_is_over_until_a_person_reconnects(us: Qbo) -> None:
    assert us.revoke("not-ours").status_code == 400
    assert us.revoke(us.server.sign_in.refresh_token).status_code == 200
    assert us.revoke(us.server.sign_in.refresh_token).status_code == 400, "it is dead already"
    assert us.send("GET", "preferences").status_code == 401
    assert us.sign_in().json() == {"error": "invalid_grant"}
    fresh = us.control("qbo", {"reconnect": True})["refresh_token"]
    assert us.sign_in(fresh).ok


def test_a_token_is_for_its_own_company_only(us: Qbo) -> None:
    answer = us.session.get(f"{us.url}/v3/company/123/preferences", timeout=TIMEOUT)
    assert answer.status_code == 403
    assert answer.json()["fault"]["error"][0]["code"] == "3100"


def test_every_answer_has_an_id_of_its_own(us: Qbo) -> None:
    answers = [us.send("GET", "preferences"), us.send("GET", "item/999"), us.send("GET", "nothing/1")]
    us.session.headers["Authorization"] = "Bearer gone"
    answers.append(us.send("GET", "preferences"))
    assert len({answer.headers["intuit_tid"] for answer in answers}) == 4


def test_without_an_accept_header_the_answer_is_xml(us: Qbo) -> None:
    us.session.headers["Accept"] = "*/*"
    answer = us.send("GET", "preferences")
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.text.startswith("<?xml")
    assert "<HomeCurrency><value>USD</value></HomeCurrency>" in answer.text
    fault = us.send("GET", "item/999").text
    assert '<Fault type="ValidationFault"><Error code="610" element="Item"><Message>Object Not Found</Message>' in fault


def test_an_ended_subscription_refuses_every_write() -> None:
    with qbo(subscription_ended=True) as client:
        refused = client.send("POST", "customer", {"DisplayName": "A"})
        assert refused.json()["Fault"]["Error"][0]["code"] == "6190"
        assert client.send("GET", "preferences").ok


def _link(us: Qbo, **changes: str) -> requests.Response:
    query = {
        "client_id": us.server.sign_in.client_id,
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": "http://localhost:1/callback",
        "state": "s1",
    }
    return requests.get(us.url + AUTHORIZE_PATH, params=query | changes, allow_redirects=False, timeout=TIMEOUT)


def test_a_person_connects_and_the_code_is_good_once(us: Qbo) -> None:
    answer = _link(us)
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["s1"]
    assert back["realmId"] == [us.server.company.realm_id]
    form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": "http://localhost:1/callback"}
    tokens = _token(us, form).json()
    assert us.sign_in(tokens["refresh_token"]).ok
    assert _token(us, form).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(("consent", "says"), [("deny", "error"), ("other_company", "realmId")])
def test_a_person_may_deny_or_choose_another_company(us: Qbo, consent: str, says: str) -> None:
    us.control("qbo", {"sign_in": {"consent": consent}})
    back = parse_qs(urlsplit(_link(us).headers["Location"]).query)
    assert back["state"] == ["s1"]
    assert back[says] != [us.server.company.realm_id]
    assert ("code" in back) == (consent != "deny")


def test_a_code_is_for_its_own_address_and_some_minutes(us: Qbo) -> None:
    for seconds, address in ((0, "http://localhost:1/other"), (301, "http://localhost:1/callback")):
        code = parse_qs(urlsplit(_link(us).headers["Location"]).query)["code"][0]
        us.clock.push(seconds)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": address}
        assert _token(us, form).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "x"},
        {"scope": "openid"},
        {"response_type": "token"},
        {"state": ""},
        {"redirect_uri": "http://127.0.0.1:1/callback"},
    ],
)
def test_a_wrong_link_shows_no_consent(us: Qbo, changes: dict[str, str]) -> None:
    assert _link(us, **changes).status_code == 400
