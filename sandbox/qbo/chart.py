"""Which account subtypes belong to which account type, and on which side of the books a type stands."""

from __future__ import annotations

_DETAIL = {
    "Bank": "CashOnHand Checking MoneyMarket RentsHeldInTrust Savings TrustAccounts",
    "Accounts Receivable": "AccountsReceivable",
    "Other Current Asset": (
        "OtherCurrentAssets AllowanceForBadDebts DevelopmentCosts EmployeeCashAdvances Inventory "
        "Investment_MortgageRealEstateLoans Investment_Other Investment_TaxExemptSecurities "
        "Investment_USGovernmentObligations LoansToOfficers LoansToOthers LoansToStockholders "
        "PrepaidExpenses Retainage UndepositedFunds"
    ),
    "Fixed Asset": (
        "AccumulatedAmortization AccumulatedDepletion AccumulatedDepreciation Buildings DepletableAssets "
        "FixedAssetComputers FixedAssetCopiers FixedAssetFurniture FixedAssetPhone FixedAssetPhotoVideo "
        "FixedAssetSoftware FixedAssetOtherToolsEquipment FurnitureAndFixtures IntangibleAssets Land "
        "LeaseholdImprovements OtherFixedAssets Vehicles"
    ),
    "Other Asset": (
        "AccumulatedAmortizationOfOtherAssets Goodwill LeaseBuyout Licenses OrganizationalCosts "
        "OtherLongTermAssets SecurityDeposits"
    ),
    "Accounts Payable": "AccountsPayable",
    "Credit Card": "CreditCard",
    "Other Current Liability": (
        "OtherCurrentLiabilities DeferredRevenue DirectDepositPayable FederalIncomeTaxPayable "
        "GlobalTaxPayable GlobalTaxSuspense InsurancePayable LineOfCredit LoanPayable PayrollClearing "
        "PayrollTaxPayable PrepaidExpensesPayable RentsInTrustLiability SalesTaxPayable "
        "StateLocalIncomeTaxPayable TrustAccountsLiabilities"
    ),
    "Long Term Liability": "OtherLongTermLiabilities NotesPayable ShareholderNotesPayable",
    "Equity": (
        "AccumulatedAdjustment CommonStock EstimatedTaxes Healthcare HealthSavingsAccountContributions "
        "OpeningBalanceEquity OwnersEquity PaidInCapitalOrSurplus PartnerContributions "
        "PartnerDistributions PartnersEquity PersonalExpense PersonalIncome PreferredStock "
        "RetainedEarnings TreasuryStock"
    ),
    "Income": (
        "SalesOfProductIncome DiscountsRefundsGiven NonProfitIncome OtherPrimaryIncome ServiceFeeIncome "
        "UnappliedCashPaymentIncome"
    ),
    "Cost of Goods Sold": (
        "SuppliesMaterialsCogs CostOfLaborCos EquipmentRentalCos OtherCostsOfServiceCos ShippingFreightDeliveryCos"
    ),
    "Expense": (
        "OtherMiscellaneousServiceCost AdvertisingPromotional Auto BadDebts BankCharges "
        "CharitableContributions CostOfLabor DuesSubscriptions Entertainment EntertainmentMeals "
        "EquipmentRental FinanceCosts GlobalTaxExpense Insurance InterestPaid LegalProfessionalFees "
        "OfficeGeneralAdministrativeExpenses OtherBusinessExpenses PayrollExpenses PayrollTaxExpenses "
        "PayrollWageExpenses PromotionalMeals RentOrLeaseOfBuildings RepairMaintenance "
        "ShippingFreightDelivery SuppliesMaterials TaxesPaid Travel TravelMeals "
        "UnappliedCashBillPaymentExpense Utilities"
    ),
    "Other Income": ("OtherMiscellaneousIncome DividendIncome InterestEarned OtherInvestmentIncome TaxExemptInterest"),
    "Other Expense": (
        "OtherMiscellaneousExpense Amortization Depreciation ExchangeGainOrLoss GasAndFuel HomeOffice "
        "PenaltiesSettlements Vehicle"
    ),
}

_SIDE = {
    "Asset": "Bank,Accounts Receivable,Other Current Asset,Fixed Asset,Other Asset",
    "Liability": "Accounts Payable,Credit Card,Other Current Liability,Long Term Liability",
    "Equity": "Equity",
    "Revenue": "Income,Other Income",
    "Expense": "Cost of Goods Sold,Expense,Other Expense",
}

TYPES = tuple(_DETAIL)
CLASSIFICATIONS = tuple(_SIDE)
SUBTYPES = tuple(name for names in _DETAIL.values() for name in names.split())
TYPE_OF_SUBTYPE = {name: kind for kind, names in _DETAIL.items() for name in names.split()}
FIRST_SUBTYPE = {kind: names.split()[0] for kind, names in _DETAIL.items()}
CLASSIFICATION_OF_TYPE = {kind: side for side, kinds in _SIDE.items() for kind in kinds.split(",")}
DEBIT_SIDES = frozenset({"Asset", "Expense"})
"""Classifications whose balance is shown positive when it is a debit."""
