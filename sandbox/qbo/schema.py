"""The fields of every entity the stand-in keeps, as Intuit's own schema names and types them."""

from __future__ import annotations

from sandbox.qbo import chart
from sandbox.qbo.fields import Field, Kind, choice, many, struct, table, text

_META = table(
    moments="CreateTime LastUpdatedTime LastChangedInQB",
    flags="Synchronized",
    references="CreatedByRef LastModifiedByRef",
)
_CUSTOM_FIELD = table(
    texts="DefinitionId Name StringValue",
    flags="BooleanValue",
    dates="DateValue",
    numbers="NumberValue",
    Type=choice("StringType", "BooleanType", "NumberType", "DateType"),
)
_BASE = table(
    texts="Id SyncToken domain status",
    flags="sparse",
    free="AttachableRef",
    MetaData=struct(_META),
    CustomField=many(_CUSTOM_FIELD),
)
ADDRESS = table(
    texts="Id Country CountryCode County CountrySubDivisionCode PostalCode PostalCodeSuffix Lat Long Tag Note",
    Line1=text(500),
    Line2=text(500),
    Line3=text(500),
    Line4=text(500),
    Line5=text(500),
    City=text(255),
)
_EMAIL = table(texts="Id Tag", flags="Default", Address=text(100))
_PHONE = table(
    texts="Id DeviceType CountryCode AreaCode ExchangeCode Extension Tag",
    flags="Default",
    FreeFormNumber=text(30),
)
_WEB = table(texts="Id Tag", flags="Default", URI=text(1000))
_MEMO = table(texts="id", value=text(1000))

_PERSON = _BASE | table(
    texts="IntuitId FullyQualifiedName UserId V4IDPseudonym",
    flags="Organization Active",
    references="DefaultTaxCodeRef",
    free="OtherContactInfo OtherAddr",
    Title=text(16),
    GivenName=text(100),
    MiddleName=text(100),
    FamilyName=text(100),
    Suffix=text(16),
    CompanyName=text(100),
    DisplayName=text(500),
    PrintOnCheckName=text(110),
    Notes=text(2000),
    PrimaryPhone=struct(_PHONE),
    AlternatePhone=struct(_PHONE),
    Mobile=struct(_PHONE),
    Fax=struct(_PHONE),
    PrimaryEmailAddr=struct(_EMAIL),
    WebAddr=struct(_WEB),
)
_TRADING = _PERSON | table(texts="ContactName AltContactName AcctNum Source", references="CurrencyRef")
CUSTOMER = _TRADING | table(
    texts="PreferredDeliveryMethod ResaleNum SecondaryTaxIdentifier PrimaryTaxIdentifier TaxExemptionReasonId "
    "BusinessNumber GSTIN GSTRegistrationType ClientCompanyId ClientEntityId TaxRegime",
    flags="Taxable Job BillWithParent TDSEnabled IsProject IsCISContractor",
    money="Balance BalanceWithJobs OverDueBalance",
    numbers="CreditLimit TotalRevenue TotalExpense",
    dates="OpenBalanceDate",
    references="RootCustomerRef ParentRef CustomerTypeRef SalesTermRef SalesRepRef TaxGroupCodeRef TaxRateRef "
    "PaymentMethodRef PriceLevelRef ARAccountRef",
    free="CCDetail JobInfo CustomerEx",
    BillAddr=struct(ADDRESS),
    ShipAddr=struct(ADDRESS),
    Level=Field(Kind.WHOLE),
)
VENDOR = _TRADING | table(
    texts="TaxCountry TaxIdentifier BusinessNumber TaxReportingBasis GSTIN GSTRegistrationType SubcontractorType "
    "CISRate CompanyRegistrationNumber AgencyVerificationStatusMsg",
    flags="Vendor1099 T4AEligible T5018Eligible TDSEnabled TDSOverrideThreshold IsSubContractor HasTPAR",
    money="Balance",
    numbers="BillRate CreditLimit CostRate",
    dates="TaxIdEffectiveDate OpenBalanceDate",
    references="ParentRef VendorTypeRef TermRef PrefillAccountRef APAccountRef",
    free="VendorEx VendorPaymentBankDetail AgencyVerificationStatus AgencyVerificationTSUTC TDSEntityTypeId "
    "TDSSectionTypeId",
    BillAddr=struct(ADDRESS),
    ShipAddr=struct(ADDRESS),
)
EMPLOYEE = _PERSON | table(
    texts="EmployeeType EmployeeNumber SSN Gender UseTimeEntry",
    flags="BillableTime",
    numbers="BillRate CostRate",
    dates="BirthDate HiredDate ReleasedDate",
    free="EmployeeEx",
    PrimaryAddr=struct(ADDRESS),
)
ACCOUNT = _BASE | table(
    texts="FullyQualifiedName AccountAlias TxnLocationType AcctNumExtn BankNum FIName",
    flags="SubAccount Active TaxAccount OnlineBankingEnabled",
    numbers="OpeningBalance CurrentBalance CurrentBalanceWithSubAccounts",
    dates="OpeningBalanceDate",
    references="ParentRef CurrencyRef TaxCodeRef JournalCodeRef",
    free="AccountPurposes AccountEx",
    Name=text(100),
    Description=text(100),
    AcctNum=text(20),
    Classification=choice(*chart.CLASSIFICATIONS),
    AccountType=choice(*chart.TYPES),
    AccountSubType=choice(*chart.SUBTYPES),
)
ITEM_TYPES = (
    *("Assembly", "Category", "Fixed Asset", "Group", "Inventory", "NonInventory", "Other Charge", "Payment"),
    *("Service", "Subtotal", "Discount", "Tax", "Tax Group", "Bundle"),
)
ITEM = _BASE | table(
    texts="FullyQualifiedName ManPartNum ServiceType ItemCategoryType UQCDisplayText UQCId Source SpecialItemType",
    flags="Active SubItem Taxable SalesTaxIncluded PercentBased PurchaseTaxIncluded TrackQtyOnHand "
    "PrintGroupedItems SpecialItem DeferredRevenue",
    numbers="UnitPrice RatePercent PurchaseCost AvgCost QtyOnHand QtyOnPurchaseOrder QtyOnSalesOrder ReorderPoint "
    "BuildPoint AbatementRate ReverseChargeRate",
    dates="InvStartDate",
    references="ParentRef PaymentMethodRef UOMSetRef IncomeAccountRef ExpenseAccountRef COGSAccountRef "
    "AssetAccountRef PrefVendorRef DepositToAccountRef SalesTaxCodeRef PurchaseTaxCodeRef "
    "TaxClassificationRef ClassRef",
    free="ItemGroupDetail ItemAssemblyDetail ItemEx CustomExtensions",
    Name=text(100),
    Sku=text(100),
    Description=text(4000),
    PurchaseDesc=text(1000),
    Type=choice(*ITEM_TYPES),
    Level=Field(Kind.WHOLE),
)
PAYMENT_METHOD = _BASE | table(
    flags="Active", free="PaymentMethodEx", Name=text(31), Type=choice("CREDIT_CARD", "NON_CREDIT_CARD")
)
DEPARTMENT = _BASE | table(
    texts="FullyQualifiedName",
    flags="SubDepartment Active",
    references="ParentRef",
    free="DepartmentEx",
    Name=text(100),
    Address=struct(ADDRESS),
)
CLASS = _BASE | table(
    texts="FullyQualifiedName",
    flags="SubClass Active",
    references="ParentRef",
    free="ClassEx",
    Name=text(100),
)
TAX_CODE = _BASE | table(
    texts="Name Description TaxCodeConfigType",
    flags="Active Hidden Taxable TaxGroup",
    free="SalesTaxRateList PurchaseTaxRateList AdjustmentTaxRateList TaxCodeEx",
)
TAX_RATE = _BASE | table(
    texts="Name Description",
    flags="Active",
    numbers="RateValue",
    references="AgencyRef",
    free="EffectiveTaxRate",
)

LINKED = table(texts="TxnId TxnType TxnLineId")
_DETAIL = table(dates="ServiceDate", references="ItemRef ClassRef TaxCodeRef")
SALES_ITEM_LINE = _DETAIL | table(
    numbers="UnitPrice UnitCostPrice RatePercent Qty TaxInclusiveAmt DiscountRate DiscountAmt RetainageAmount",
    references="PriceLevelRef ItemAccountRef InventorySiteRef TaxClassificationRef",
    flags="DeferredRevenue",
    free="MarkupInfo UOMRef SalesItemLineDetailEx",
)
DETAIL_TYPES = (
    *("PaymentLineDetail", "DiscountLineDetail", "TaxLineDetail", "SalesItemLineDetail", "DescriptionOnly"),
    *("ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail", "DepositLineDetail", "GroupLineDetail"),
    *("PurchaseOrderItemLineDetail", "ItemReceiptLineDetail", "JournalEntryLineDetail", "SubTotalLineDetail"),
    *("SalesOrderItemLineDetail", "TDSLineDetail", "ReimburseLineDetail", "ItemAdjustmentLineDetail"),
)
LINE = table(
    texts="Id",
    money="Amount Received",
    numbers="CostAmount HomeCostAmount",
    references="ProjectRef",
    free="LineEx CustomExtensions PaymentLineDetail DiscountLineDetail GroupLineDetail TaxLineDetail "
    "ItemBasedExpenseLineDetail AccountBasedExpenseLineDetail ReimburseLineDetail DepositLineDetail "
    "PurchaseOrderItemLineDetail SalesOrderItemLineDetail ItemReceiptLineDetail JournalEntryLineDetail "
    "TDSLineDetail ItemAdjustmentLineDetail",
    LineNum=Field(Kind.WHOLE),
    Description=text(4000),
    DetailType=choice(*DETAIL_TYPES),
    LinkedTxn=many(LINKED),
    SalesItemLineDetail=struct(SALES_ITEM_LINE),
    DescriptionLineDetail=struct(_DETAIL),
    SubTotalLineDetail=struct(_DETAIL),
    CustomField=many(_CUSTOM_FIELD),
)
TAX_DETAIL = table(
    texts="TaxReviewStatus",
    money="TotalTax",
    flags="UseAutomatedSalesTax",
    references="DefaultTaxCodeRef TxnTaxCodeRef",
    free="TaxLine",
)
_TRANSACTION = _BASE | table(
    texts="TxnSubType TxnStatus TxnSource TaxFormType TaxFormNum TransactionLocationType",
    dates="TxnDate",
    numbers="ExchangeRate TotalCostAmount HomeTotalCostAmount",
    references="DepartmentRef CurrencyRef RecurDataRef ProjectRef CustomerRef RemitToRef ARAccountRef "
    "DepositToAccountRef PaymentMethodRef",
    money="TotalAmt",
    free="Tag TxnApprovalInfo RecurringInfo CheckPayment CreditCardPayment",
    PrivateNote=text(4000),
    PaymentRefNum=text(21),
    PaymentType=choice("Cash", "Check", "CreditCard", "Expense", "Other"),
    LinkedTxn=many(LINKED),
    Line=many(LINE),
    TxnTaxDetail=struct(TAX_DETAIL),
)
PAYMENT = _TRANSACTION | table(
    money="UnappliedAmt", flags="ProcessPayment", texts="PaymentExtendedType", free="PaymentEx"
)
_SALE = _TRANSACTION | table(
    flags="AutoDocNumber FreeFormAddress ApplyTaxAfterDiscount ShippingTaxIncludedInTotalTax FinanceCharge",
    money="Balance HomeBalance HomeTotalAmt",
    numbers="DiscountRate DiscountAmt",
    dates="DueDate ShipDate",
    texts="FOB TrackingNum GovtTxnRefIdentifier",
    references="ClassRef SalesTermRef SalesRepRef ShipMethodRef TemplateRef TaxExemptionRef",
    free="DeliveryInfo",
    DocNumber=text(21),
    PONumber=text(15),
    CustomerMemo=struct(_MEMO),
    BillAddr=struct(ADDRESS),
    ShipAddr=struct(ADDRESS),
    ShipFromAddr=struct(ADDRESS),
    BillEmail=struct(_EMAIL),
    BillEmailCc=struct(_EMAIL),
    BillEmailBcc=struct(_EMAIL),
    GlobalTaxCalculation=choice("TaxInclusive", "TaxExcluded", "NotApplicable"),
    PrintStatus=choice("NotSet", "NeedToPrint", "PrintComplete"),
    EmailStatus=choice("NotSet", "NeedToSend", "EmailSent"),
)
REFUND_RECEIPT = _SALE | table(numbers="RemainingCredit", free="RefundReceiptEx")
SALES_RECEIPT = _SALE | table(numbers="LessCIS", free="SalesReceiptEx")
CREDIT_MEMO = _SALE | table(numbers="RemainingCredit", references="InvoiceRef", free="CreditMemoEx")
INVOICE = _SALE | table(
    numbers="Deposit LessCIS",
    flags="AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment "
    "AllowOnlinePayPalPayment AllowOnlineAffirmPayment AutoPayEligible SchedulePayEligible GratuityEnabled",
    texts="EInvoiceStatus Exportation invoiceStatus callToAction InvoiceLink PaymentDetailsMessage "
    "InvoiceLinkSecurityCode ScheduledPaymentId FinancingProductType SubscriptionPaymentsSetting",
    moments="ECloudStatusTimeStamp",
    dates="InvoiceLinkExpiryDate",
    free="CfdiUse GlobalInfo invoiceStatusLog InvoiceEx ConvenienceFeeDetail EnabledSurchargeInfo TxnRetainageDetail",
)
