"""Every operation of inspector2 and where it is: so that what is not offered here says so, instead of "no such path".

A test compares the table with the model.
"""

from __future__ import annotations

SERVICE = "inspector2"

OFFERED = (
    "GetConfiguration",
    "UpdateConfiguration",
    "Enable",
    "Disable",
    "BatchGetAccountStatus",
    "ListCoverage",
    "ListCoverageStatistics",
    "ListFindings",
    "BatchGetFindingDetails",
    "GetClustersForImage",
    "ListUsageTotals",
)

OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("AssociateMember", "POST", "/members/associate"),
    ("BatchAssociateCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/batch/associate"),
    ("BatchDisassociateCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/batch/disassociate"),
    ("BatchGetAccountStatus", "POST", "/status/batch/get"),
    ("BatchGetCodeSnippet", "POST", "/codesnippet/batchget"),
    ("BatchGetFindingDetails", "POST", "/findings/details/batch/get"),
    ("BatchGetFreeTrialInfo", "POST", "/freetrialinfo/batchget"),
    ("BatchGetMemberEc2DeepInspectionStatus", "POST", "/ec2deepinspectionstatus/member/batch/get"),
    ("BatchUpdateMemberEc2DeepInspectionStatus", "POST", "/ec2deepinspectionstatus/member/batch/update"),
    ("CancelFindingsReport", "POST", "/reporting/cancel"),
    ("CancelSbomExport", "POST", "/sbomexport/cancel"),
    ("CreateCisScanConfiguration", "POST", "/cis/scan-configuration/create"),
    ("CreateCodeSecurityIntegration", "POST", "/codesecurity/integration/create"),
    ("CreateCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/create"),
    ("CreateConnector", "POST", "/connector/create"),
    ("CreateFilter", "POST", "/filters/create"),
    ("CreateFindingsReport", "POST", "/reporting/create"),
    ("CreateSbomExport", "POST", "/sbomexport/create"),
    ("DeleteCisScanConfiguration", "POST", "/cis/scan-configuration/delete"),
    ("DeleteCodeSecurityIntegration", "POST", "/codesecurity/integration/delete"),
    ("DeleteCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/delete"),
    ("DeleteConnector", "POST", "/connector/delete"),
    ("DeleteFilter", "POST", "/filters/delete"),
    ("DescribeOrganizationConfiguration", "POST", "/organizationconfiguration/describe"),
    ("Disable", "POST", "/disable"),
    ("DisableDelegatedAdminAccount", "POST", "/delegatedadminaccounts/disable"),
    ("DisassociateMember", "POST", "/members/disassociate"),
    ("Enable", "POST", "/enable"),
    ("EnableDelegatedAdminAccount", "POST", "/delegatedadminaccounts/enable"),
    ("GetCisScanReport", "POST", "/cis/scan/report/get"),
    ("GetCisScanResultDetails", "POST", "/cis/scan-result/details/get"),
    ("GetClustersForImage", "POST", "/cluster/get"),
    ("GetCodeSecurityIntegration", "POST", "/codesecurity/integration/get"),
    ("GetCodeSecurityScan", "POST", "/codesecurity/scan/get"),
    ("GetCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/get"),
    ("GetConfiguration", "POST", "/configuration/get"),
    ("GetDelegatedAdminAccount", "POST", "/delegatedadminaccounts/get"),
    ("GetEc2DeepInspectionConfiguration", "POST", "/ec2deepinspectionconfiguration/get"),
    ("GetEncryptionKey", "GET", "/encryptionkey/get"),
    ("GetFindingsReportStatus", "POST", "/reporting/status/get"),
    ("GetMember", "POST", "/members/get"),
    ("GetOnDemandScanStatus", "POST", "/ondemand/scan/status"),
    ("GetSbomExport", "POST", "/sbomexport/get"),
    ("ListAccountPermissions", "POST", "/accountpermissions/list"),
    ("ListCisScanConfigurations", "POST", "/cis/scan-configuration/list"),
    ("ListCisScanResultsAggregatedByChecks", "POST", "/cis/scan-result/check/list"),
    ("ListCisScanResultsAggregatedByTargetResource", "POST", "/cis/scan-result/resource/list"),
    ("ListCisScans", "POST", "/cis/scan/list"),
    ("ListCodeSecurityIntegrations", "POST", "/codesecurity/integration/list"),
    ("ListCodeSecurityScanConfigurationAssociations", "POST", "/codesecurity/scan-configuration/associations/list"),
    ("ListCodeSecurityScanConfigurations", "POST", "/codesecurity/scan-configuration/list"),
    ("ListConnectorScanConfigurations", "POST", "/connectorscanconfigurations/list"),
    ("ListConnectors", "POST", "/connector/list"),
    ("ListCoverage", "POST", "/coverage/list"),
    ("ListCoverageStatistics", "POST", "/coverage/statistics/list"),
    ("ListDelegatedAdminAccounts", "POST", "/delegatedadminaccounts/list"),
    ("ListFilters", "POST", "/filters/list"),
    ("ListFindingAggregations", "POST", "/findings/aggregation/list"),
    ("ListFindings", "POST", "/findings/list"),
    ("ListMembers", "POST", "/members/list"),
    ("ListOnDemandScans", "POST", "/ondemand/scans"),
    ("ListTagsForResource", "GET", "/tags/{resourceArn}"),
    ("ListUsageTotals", "POST", "/usage/list"),
    ("ResetEncryptionKey", "PUT", "/encryptionkey/reset"),
    ("SearchVulnerabilities", "POST", "/vulnerabilities/search"),
    ("SendCisSessionHealth", "PUT", "/cissession/health/send"),
    ("SendCisSessionTelemetry", "PUT", "/cissession/telemetry/send"),
    ("StartCisSession", "PUT", "/cissession/start"),
    ("StartCodeSecurityScan", "POST", "/codesecurity/scan/start"),
    ("StartOnDemandScan", "POST", "/ondemand/scan"),
    ("StopCisSession", "PUT", "/cissession/stop"),
    ("TagResource", "POST", "/tags/{resourceArn}"),
    ("UntagResource", "DELETE", "/tags/{resourceArn}"),
    ("UpdateCisScanConfiguration", "POST", "/cis/scan-configuration/update"),
    ("UpdateCodeSecurityIntegration", "POST", "/codesecurity/integration/update"),
    ("UpdateCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/update"),
    ("UpdateConfiguration", "POST", "/configuration/update"),
    ("UpdateConnector", "POST", "/connector/update"),
    ("UpdateConnectorScanConfiguration", "POST", "/connectorscanconfiguration/update"),
    ("UpdateEc2DeepInspectionConfiguration", "POST", "/ec2deepinspectionconfiguration/update"),
    ("UpdateEncryptionKey", "PUT", "/encryptionkey/update"),
    ("UpdateFilter", "POST", "/filters/update"),
    ("UpdateOrgEc2DeepInspectionConfiguration", "POST", "/ec2deepinspectionconfiguration/org/update"),
    ("UpdateOrganizationConfiguration", "POST", "/organizationconfiguration/update"),
)
"""(name, method, path); braces stand for one percent-encoded part."""

_BY_PLACE = {(method, path): name for name, method, path in OPERATIONS if "{" not in path}
_BY_BEGINNING = {(method, path.partition("{")[0]): name for name, method, path in OPERATIONS if "{" in path}


def operation_at(method: str, path: str) -> str | None:
    """Return the operation of a method and a path; None where the model has none."""
    exact = _BY_PLACE.get((method, path))
    if exact is not None:
        return exact
    return next(
        (name for (each, start), name in _BY_BEGINNING.items() if each == method and path.startswith(start)), None
    )
