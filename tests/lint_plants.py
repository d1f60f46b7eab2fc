"""Flaws of security patterns beside sound neighbours, a pair for each.

In: nothing. Out: `PLANTED`, triples of what is to be found (a code and its severity), a flawed pattern, and one that differs in
what is wrong alone, which has neither this finding nor any error or warning.
"""

from __future__ import annotations

_DENIED = '($.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*")'
_ISSUER = "$.userIdentity.sessionContext.sessionIssuer"
_ROLE = "arn:aws:iam::111122223333:role"
_SESSION = "arn:aws:sts::111122223333:assumed-role"
_OF_LAMBDA = '$.eventSource = "lambda.amazonaws.com" && $.eventName ='
_OF_IAM = '$.eventSource = "iam.amazonaws.com" && $.eventName ='
_CIDR = "$.requestParameters.ipPermissions.items"

PLANTED: tuple[tuple[str, str, str], ...] = (
    # identities
    ("D207:error", '{ $.userIdentity.type = "AssumedRole" && $.userIdentity.userName = "bob" }', f'{{ $.userIdentity.type = "AssumedRole" && {_ISSUER}.userName = "bob" }}'),
    ("D207:error", '{ $.userIdentity.type = "AssumedRole" && $.userIdentity.userName != "bob" }', f'{{ $.userIdentity.type = "AssumedRole" && {_ISSUER}.userName != "bob" }}'),
    ("D207:error", f'{{ $.userIdentity.type = "IAMUser" && {_ISSUER}.userName = "deploy" }}', '{ $.userIdentity.type = "IAMUser" && $.userIdentity.userName = "deploy" }'),
    ("D207:error", '{ $.userIdentity.type = "AWSService" && $.userIdentity.arn = "*config*" }', '{ $.userIdentity.type = "AWSService" && $.userIdentity.invokedBy = "config*" }'),
    ("D207:error", '{ $.userIdentity.type = "AWSService" && $.userIdentity.userName = "config" }', '{ $.userIdentity.type = "AWSService" && $.userIdentity.userName NOT EXISTS }'),
    ("D207:error", '{ $.userIdentity.type = "AWSAccount" && $.userIdentity.arn = "*:root" }', '{ $.userIdentity.type = "AWSAccount" && $.userIdentity.accountId = "444455556666" }'),
    ("D207:error", '{ $.userIdentity.type = "SAMLUser" && $.userIdentity.accessKeyId = "ASIA*" }', '{ $.userIdentity.type = "SAMLUser" && $.userIdentity.identityProvider = "*okta*" }'),
    ("D207:error", '{ $.userIdentity.type = "WebIdentityUser" && $.eventName = "GetObject" }', '{ $.userIdentity.type = "WebIdentityUser" && $.eventName = "AssumeRoleWithWebIdentity" }'),
    ("D207:error", '{ $.userIdentity.type = "IdentityCenterUser" && $.userIdentity.userName = "ada" }', '{ $.userIdentity.type = "IdentityCenterUser" && $.userIdentity.onBehalfOf.userId = "a1*" }'),
    ("D207:error", f'{{ $.userIdentity.type = "Root" && {_ISSUER}.userName = "x" && $.eventName = "CreateUser" && $.errorCode NOT EXISTS && $.eventSource = "iam.amazonaws.com" }}', '{ $.userIdentity.type = "Root" && $.userIdentity.userName = "x" && $.eventName = "CreateUser" && $.errorCode NOT EXISTS && $.eventSource = "iam.amazonaws.com" }'),
    ("D207:warning", f'{{ {_DENIED} && $.userIdentity.userName = "bob" && {_ISSUER}.userName = "x" }}', f'{{ {_DENIED} && ($.userIdentity.userName = "bob" || {_ISSUER}.userName = "x") }}'),
    ("D207:warning", f'{{ {_DENIED} || ($.userIdentity.type = "AssumedRole" && $.userIdentity.userName = "bob") }}', f'{{ {_DENIED} || ($.userIdentity.type = "FederatedUser" && {_ISSUER}.userName = "bob") }}'),
    # ARNs
    ("D308:error", f'{{ {_DENIED} && $.userIdentity.arn = "{_ROLE}/Admin" }}', f'{{ {_DENIED} && $.userIdentity.arn = "{_SESSION}/Admin/*" }}'),
    ("D308:error", f'{{ {_DENIED} && $.userIdentity.arn = "*:role/Admin*" }}', f'{{ {_DENIED} && $.userIdentity.arn = "*:assumed-role/Admin*" }}'),
    ("D308:error", f'{{ {_DENIED} && $.userIdentity.arn = "{_ROLE}/service-role/build" }}', f'{{ {_DENIED} && $.userIdentity.arn = "*assumed-role/build/*" }}'),
    ("D308:warning", f'{{ {_DENIED} && ($.userIdentity.arn != "{_ROLE}/Admin" || $.userIdentity.arn NOT EXISTS) }}', f'{{ {_DENIED} && ($.userIdentity.arn != "{_SESSION}/Admin/*" || $.userIdentity.arn NOT EXISTS) }}'),
    ("D308:note", f'{{ {_DENIED} && $.userIdentity.arn = "{_SESSION}/Admin" }}', f'{{ {_DENIED} && $.userIdentity.arn = "{_SESSION}/Admin/i-0" }}'),
    ("D308:error", f'{{ {_DENIED} && {_ISSUER}.arn = "{_SESSION}/Admin/*" }}', f'{{ {_DENIED} && {_ISSUER}.arn = "{_ROLE}/Admin" }}'),
    ("D311:note", f'{{ {_DENIED} && $.userIdentity.arn = "arn:aws:sts::*:assumed-role/Admin/*" }}', f'{{ {_DENIED} && $.userIdentity.arn = "{_SESSION}/Admin/*" }}'),
    ("D311:note", f'{{ {_DENIED} && {_ISSUER}.arn = "arn:aws:iam::*:role/Admin" }}', f'{{ {_DENIED} && {_ISSUER}.arn = "{_ROLE}/Adm*" }}'),
    # root
    ("D408:note", '{ $.userIdentity.type = "Root" }', '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'),
    ("D408:note", '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }', '{ $.userIdentity.type = "Root" && $.eventName = "ConsoleLogin" }'),
    ("D408:note", '{ $.userIdentity.type = "Root" && $.errorCode NOT EXISTS }', '{ $.userIdentity.type = "Root" && $.eventType = "AwsConsoleSignIn" }'),
    # event names with versions
    ("D405:error", f'{{ {_OF_LAMBDA} "ListFunctions" }}', f'{{ {_OF_LAMBDA} "ListFunctions20150331" }}'),
    ("D405:error", f'{{ {_OF_LAMBDA} "UpdateFunctionCode" && $.errorCode NOT EXISTS }}', f'{{ {_OF_LAMBDA} "UpdateFunctionCode20150331v2" && $.errorCode NOT EXISTS }}'),
    ("D405:error", f'{{ {_OF_LAMBDA} "CreateFunction" && $.errorCode NOT EXISTS }}', f'{{ {_OF_LAMBDA} "CreateFunction*" && $.errorCode NOT EXISTS }}'),
    ("D405:error", f'{{ {_OF_LAMBDA} "AddPermission" && $.errorCode NOT EXISTS }}', f'{{ {_OF_LAMBDA} "CreateFunctionUrlConfig" && $.errorCode NOT EXISTS }}'),
    ("D405:error", '{ $.eventName = "UpdateFunctionConfiguration" && $.errorCode NOT EXISTS }', '{ $.eventName = "UpdateFunctionConfiguration20150331v2" && $.errorCode NOT EXISTS }'),
    ("D405:warning", f'{{ {_OF_LAMBDA} "GetFunction20150331v2" || ({_OF_LAMBDA} "GetPolicy") }}', f'{{ {_OF_LAMBDA} "GetFunction20150331v2" || ({_OF_LAMBDA} "GetPolicy20150331v2") }}'),
    ("D405:error", '{ $.eventSource = "cloudfront.amazonaws.com" && $.eventName = "UpdateDistribution" && $.errorCode NOT EXISTS }', '{ $.eventSource = "cloudfront.amazonaws.com" && $.eventName = "UpdateDistribution2020_05_31" && $.errorCode NOT EXISTS }'),
    ("D405:warning", '{ $.eventSource = "lambda.amazonaws.com" && $.eventName != "ListFunctions" || ($.eventSource = "lambda.amazonaws.com" && $.eventName = "GetPolicy") }', '{ $.eventSource = "lambda.amazonaws.com" && $.eventName != "ListFunctions20150331" }'),
    # what a trail logs
    ("D406:note", '{ $.eventName = "GetObject" }', '{ $.eventName = "GetObject" && $.eventCategory = "Data" }'),
    ("D406:note", '{ $.eventSource = "dynamodb.amazonaws.com" && $.eventName = "PutItem" }', '{ $.eventSource = "dynamodb.amazonaws.com" && $.eventName = "DeleteTable" && $.errorCode NOT EXISTS }'),
    ("D406:note", f'{{ {_OF_LAMBDA} "Invoke" }}', f'{{ {_OF_LAMBDA} "DeleteFunction20150331" && $.errorCode NOT EXISTS }}'),
    ("D406:note", '{ $.eventSource = "s3.amazonaws.com" && ($.eventName = "DeleteObject" || $.eventName = "PutObject") }', '{ $.eventSource = "s3.amazonaws.com" && ($.eventName = "DeleteObject" || $.eventName = "PutObject") && $.managementEvent IS FALSE }'),
    ("D406:note", '{ $.eventSource = "kms.amazonaws.com" && $.eventName = "Decrypt" }', '{ $.eventSource = "kms.amazonaws.com" && $.eventName = "CreateGrant" && $.errorCode NOT EXISTS }'),
    ("D406:note", '{ $.eventSource = "rdsdata.amazonaws.com" && $.eventName = "ExecuteStatement" }', '{ $.eventSource = "rds.amazonaws.com" && $.eventName = "DeleteDBInstance" && $.errorCode NOT EXISTS }'),
    ("D406:note", '{ $.eventCategory = "Insight" }', '{ $.eventCategory = "Management" }'),
    ("D406:note", '{ $.eventType = "AwsCloudTrailInsight" }', '{ $.eventType != "AwsCloudTrailInsight" }'),
    # sources and regions
    ("D305:error", f'{{ {_OF_IAM.replace(".com", ".con")} "GetUser" }}', f'{{ {_OF_IAM} "GetUser" }}'),
    ("D305:warning", '{ $.eventSource = "cloudtrial.amazonaws.com" }', '{ $.eventSource = "cloudtrail.amazonaws.com" }'),
    ("D305:error", '{ $.eventSource = "kms.amazonaws.co" }', '{ $.eventSource = "kms.amazonaws.com" }'),
    ("D305:warning", '{ $.eventSource = "organization.amazonaws.com" }', '{ $.eventSource = "organizations.amazonaws.com" }'),
    ("D305:warning", '{ $.eventSource = "cloudwatch.amazonaws.com" }', '{ $.eventSource = "monitoring.amazonaws.com" }'),
    ("D305:warning", '{ $.eventSource = "secretmanager.amazonaws.com" }', '{ $.eventSource = "example-of-something-new.amazonaws.com" }'),
    ("D305:warning", f'{{ {_DENIED} && $.eventSource != "guarduty.amazonaws.com" }}', f'{{ {_DENIED} && $.eventSource != "guardduty.amazonaws.com" }}'),
    ("D309:error", '{ $.awsRegion = "us-east1" }', '{ $.awsRegion = "us-east-1" }'),
    ("D309:error", f'{{ {_DENIED} && $.awsRegion = "eu-central-1a" }}', f'{{ {_DENIED} && $.awsRegion = "eu-central-1" }}'),
    ("D309:error", f'{{ {_DENIED} && $.awsRegion = "eu_west_1" }}', f'{{ {_DENIED} && $.awsRegion = "eu-west-*" }}'),
    ("D309:warning", f'{{ {_DENIED} && $.awsRegion = "us-east-7" }}', f'{{ {_DENIED} && $.awsRegion = "us-new-7" }}'),
    ("D309:warning", f'{{ {_DENIED} && $.awsRegion != "US-EAST-1" }}', f'{{ {_DENIED} && $.awsRegion != "us-east-1" }}'),
    ("D309:note", f'{{ {_OF_IAM} "GetUser" && $.awsRegion = "eu-west-1" }}', f'{{ {_OF_IAM} "GetUser" && $.awsRegion = "us-east-1" }}'),
    ("D309:note", '{ $.eventSource = "organizations.amazonaws.com" && $.awsRegion = "us-west-2" }', '{ $.eventSource = "sts.amazonaws.com" && $.awsRegion = "us-west-2" }'),
    # event names
    ("D401:note", '{ $.eventSource = "s3.amazonaws.com" && $.eventName = "PutBucketPolcy" }', '{ $.eventSource = "s3.amazonaws.com" && $.eventName = "PutBucketPolicy" && $.errorCode NOT EXISTS }'),
    ("D401:note", '{ $.eventSource = "ec2.amazonaws.com" && $.eventName = "TerminateInstance" }', '{ $.eventSource = "ec2.amazonaws.com" && $.eventName = "TerminateInstances" && $.errorCode NOT EXISTS }'),
    ("D401:note", '{ $.eventSource = "cloudtrail.amazonaws.com" && $.eventName = "DisableLogging" }', '{ $.eventSource = "cloudtrail.amazonaws.com" && $.eventName = "StopLogging" && $.errorCode NOT EXISTS }'),
    ("D401:note", '{ $.eventSource = "kms.amazonaws.com" && $.eventName = "ScheduleKeyDelete" }', '{ $.eventSource = "kms.amazonaws.com" && $.eventName = "ScheduleKeyDeletion" && $.errorCode NOT EXISTS }'),
    ("D402:note", '{ $.eventName = "ConsolLogin" }', '{ $.eventName = "ConsoleLogin" }'),
    ("D402:note", '{ $.eventName = "StopLoging" }', '{ $.eventName = "StopLogging" && $.errorCode NOT EXISTS }'),
    ("D402:note", '{ $.eventName = "CreateAcessKey" }', '{ $.eventName = "CreateAccessKey" && $.errorCode NOT EXISTS }'),
    ("D302:warning", '{ $.eventName = "deleteTrail" }', '{ $.eventName = "DeleteTrail" && $.errorCode NOT EXISTS }'),
    # members and containers
    ("D201:error", '{ $.errorcode = "AccessDenied" }', '{ $.errorCode = "AccessDenied" && $.eventSource = "s3.amazonaws.com" }'),
    ("D201:error", '{ $.eventName = "PutBucketAcl" && $.requestParams.bucketName = "x" }', '{ $.eventName = "PutBucketAcl" && $.requestParameters.bucketName = "x" && $.errorCode NOT EXISTS }'),
    ("D201:error", '{ $.eventName = "ConsoleLogin" && $.response.ConsoleLogin = "Failure" }', '{ $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin = "Failure" }'),
    ("D201:error", '{ $.eventname = "DeleteTrail" }', '{ $.eventName = "DeleteTrail" && $.errorCode NOT EXISTS }'),
    ("D201:error", '{ $.sourceIpAddress = "192.0.2.1" }', '{ $.sourceIPAddress = "192.0.2.1" }'),
    ("D208:note", '{ $.detail.eventName = "DeleteTrail" }', '{ $.detail.eventName = "DeleteTrail" && $.source = "aws.cloudtrail" }'),
    ("D208:note", '{ $.detail.userIdentity.type = "Root" }', '{ $.detail.state = "running" }'),
    ("D208:warning", '{ $.Records[0].eventName = "DeleteTrail" }', '{ $.Records[0].eventName = "ObjectCreated:Put" }'),
    ("D208:warning", '{ $.Records[*].errorCode = "AccessDenied*" }', '{ $.Records[0].s3.bucket.name = "x" }'),
    ("D209:note", f'{{ $.eventName = "AuthorizeSecurityGroupIngress" && {_CIDR}[0].ipRanges.items[0].cidrIp = "0.0.0.0/0" }}', f'{{ $.eventName = "AuthorizeSecurityGroupIngress" && {_CIDR}[1].toPort = 22 && $.errorCode NOT EXISTS }}'),
    ("D209:note", f'{{ $.eventName = "AuthorizeSecurityGroupIngress" && {_CIDR}[0].toPort = 22 }}', f'{{ $.eventName = "AuthorizeSecurityGroupIngress" && {_CIDR}[*].toPort = 22 && $.errorCode NOT EXISTS }}'),
    ("D209:note", '{ $.eventName = "RunInstances" && $.responseElements.instancesSet.items[0].instanceType = "p5*" }', '{ $.eventName = "RunInstances" && $.responseElements.instancesSet.items[*].instanceType = "p5*" }'),
    # other syntaxes
    ("D307:error", '{ $.eventName = "%Delete%" }', "{ $.eventName = %Delete% }"),
    ("D307:error", '{ $.eventName = "Create%" }', '{ $.eventName = "Create*" }'),
    ("D307:error", '{ $.eventName = "^Delete" && $.eventSource = "iam.amazonaws.com" }', '{ $.eventName = "Delete*" && $.eventSource = "iam.amazonaws.com" }'),
    ("D307:error", '{ $.eventName = "StopLogging|DeleteTrail" }', "{ $.eventName = %StopLogging|DeleteTrail% }"),
    ("D307:error", '{ $.eventName = "Delete.*" && $.eventSource = "iam.amazonaws.com" }', '{ $.errorCode = "Client.*" && $.eventSource = "ec2.amazonaws.com" }'),
    ("D307:error", f'{{ {_DENIED} && $.userIdentity.userName = "adm?n" }}', f'{{ {_DENIED} && $.userAgent = "*a|b?*" }}'),
    ("D307:error", f'{{ {_DENIED} && $.sourceIPAddress = "10.0.0.0/8" }}', f'{{ {_DENIED} && $.sourceIPAddress = "10.*" }}'),
    ("D307:warning", f'{{ {_DENIED} && $.sourceIPAddress != "203.0.113.0/24" }}', f'{{ {_DENIED} && $.sourceIPAddress != "203.0.113.*" }}'),
    ("D307:error", f'{{ {_DENIED} && $.awsRegion = "us-%" }}', f'{{ {_DENIED} && $.requestParameters.cidrIp = "0.0.0.0/0" }}'),
    ("D310:note", f'{{ {_DENIED} && $.sourceIPAddress != "172.*" }}', f'{{ {_DENIED} && $.sourceIPAddress != "172.16.*" }}'),
    ("D310:note", f'{{ {_DENIED} && $.sourceIPAddress = "10.0.0.1*" }}', f'{{ {_DENIED} && $.sourceIPAddress = "10.0.0.1.*" }}'),
    ("D310:note", f"{{ {_DENIED} && $.sourceIPAddress = 10.1* }}", f"{{ {_DENIED} && $.sourceIPAddress = 192.168* }}"),
    # families
    ("D407:note", "{ $.eventName = AuthorizeSecurityGroupIngress || $.eventName = AuthorizeSecurityGroupEgress || $.eventName = RevokeSecurityGroupIngress || $.eventName = RevokeSecurityGroupEgress || $.eventName = CreateSecurityGroup || $.eventName = DeleteSecurityGroup }", "{ $.eventName = *SecurityGroup* && $.eventName != Describe* }"),
    ("D407:note", "{ $.eventName = StopLogging || $.eventName = DeleteTrail || $.eventName = UpdateTrail }", "{ ($.eventName = StopLogging || $.eventName = DeleteTrail || $.eventName = UpdateTrail || $.eventName = PutEventSelectors) && $.errorCode NOT EXISTS }"),
    ("D407:note", '{ $.eventSource = "iam.amazonaws.com" && ($.eventName = "AttachUserPolicy" || $.eventName = "AttachRolePolicy") }', '{ $.eventName = "AttachUserPolicy" && $.errorCode NOT EXISTS }'),
    ("D407:note", "{ $.eventName = CreateNetworkAcl || $.eventName = CreateNetworkAclEntry || $.eventName = DeleteNetworkAcl || $.eventName = DeleteNetworkAclEntry }", "{ ($.eventName = CreateNetworkAcl || $.eventName = DeleteNetworkAcl) && $.errorCode NOT EXISTS }"),
    ("D407:note", "{ $.eventSource = s3.amazonaws.com && ($.eventName = PutBucketPolicy || $.eventName = DeleteBucketPolicy || $.eventName = PutBucketAcl) }", "{ $.eventSource = s3.amazonaws.com && $.eventName = PutBucket* }"),
    ("D407:note", "{ $.eventName = CreateAccessKey || $.eventName = DeleteAccessKey }", "{ ($.eventName = CreateAccessKey || $.eventName = UpdateAccessKey) && $.errorCode NOT EXISTS }"),
    ("D407:note", "{ $.eventName = CreateLoginProfile || $.eventName = DeleteLoginProfile }", "{ ($.eventName = CreateLoginProfile || $.eventName = UpdateLoginProfile) && $.errorCode NOT EXISTS }"),
    # attempts and denials
    ("D409:note", "{ $.eventName = DeleteTrail }", "{ $.eventName = DeleteTrail && $.errorCode NOT EXISTS }"),
    ("D409:note", f'{{ {_OF_IAM} "CreateUser" }}', f'{{ {_OF_IAM} "CreateUser" && $.errorCode = "AccessDenied" }}'),
    ("D301:note", '{ $.errorCode = "AccessDenied*" }', f"{{ {_DENIED} }}"),
    ("D301:warning", '{ $.errorCode = "AccessDenied" }', '{ $.errorCode = "AccessDenied*" && $.eventSource = "s3.amazonaws.com" }'),
    ("D301:warning", '{ $.errorCode = "UnauthorizedOperation" }', '{ $.errorCode = "*UnauthorizedOperation" }'),
    ("D410:note", '{ $.eventName = "ConsoleLogin" && $.errorMessage = "Failed authentication" }', '{ $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin = "Failure" }'),
    ("D410:note", '{ $.eventSource = "signin.amazonaws.com" && $.eventName = "ConsoleLogin" && $.errorMessage = "Failed authentication" }', '{ $.eventName = "ConsoleLogin" && ($.errorMessage = "Failed authentication" || $.errorMessage = "No username found in supplied account") }'),
    # ARNs and names of other kinds
    ("D308:error", '{ $.userIdentity.arn = "arn:aws:iam::111122223333:assumed-role/Admin/bob" }', '{ $.userIdentity.arn = "arn:aws:sts::111122223333:assumed-role/Admin/bob" }'),
    ("D308:error", f'{{ $.userIdentity.type = "IAMUser" && $.userIdentity.arn = "{_SESSION}/x/y" }}', '{ $.userIdentity.type = "IAMUser" && $.userIdentity.arn = "arn:aws:iam::111122223333:user/x/y" }'),
    ("D308:error", f'{{ {_DENIED} && {_ISSUER}.userName = "{_ROLE}/Admin" }}', f'{{ {_DENIED} && {_ISSUER}.userName = "Admin" }}'),
    ("D303:warning", f'{{ {_DENIED} && $.recipientAccountId = "1111-2222-3333" }}', f'{{ {_DENIED} && $.recipientAccountId = "111122223333" }}'),
    ("D303:warning", f"{{ {_DENIED} && $.recipientAccountId = 11112222333 }}", f"{{ {_DENIED} && $.recipientAccountId = 111122223333 }}"),
    # names that others use
    ("D305:error", '{ $.eventSource = "aws.iam" && $.eventName = "GetUser" }', '{ $.eventSource = "iam.amazonaws.com" && $.eventName = "GetUser" }'),
    ("D305:warning", '{ $.eventSource = "s3.us-east-1.amazonaws.com" }', '{ $.eventSource = "s3.amazonaws.com" }'),
    ("D307:error", '{ $.eventName = "iam:CreateUser" }', '{ $.eventName = "CreateUser" && $.errorCode NOT EXISTS }'),
    ("D307:error", '{ $.eventName = "put-bucket-policy" }', '{ $.eventName = "PutBucketPolicy" && $.errorCode NOT EXISTS }'),
    ("D307:error", '{ $.eventName = "CreateUser, DeleteUser" }', '{ ($.eventName = "CreateUser" || $.eventName = "DeleteUser") && $.errorCode NOT EXISTS }'),
    ("D307:error", f'{{ {_DENIED} && $.sourceIPAddress = "192.168.1" }}', f'{{ {_DENIED} && $.sourceIPAddress = "192.168.1.*" }}'),
    ("D307:error", f'{{ {_DENIED} && $.sourceIPAddress = "192.0.2.1, 192.0.2.2" }}', f'{{ {_DENIED} && $.sourceIPAddress = "AWS Internal" }}'),
    ("D309:error", f'{{ {_DENIED} && $.awsRegion = "us-central1" }}', f'{{ {_DENIED} && $.awsRegion = "us-gov-west-1" }}'),
    ("D301:note", '{ $.errorCode = "*Denied*" }', '{ $.errorCode = "*Denied*" || $.errorCode = "*UnauthorizedOperation" }'),
    ("D301:warning", '{ $.errorCode = "Access Denied" }', '{ $.errorCode = "AccessDenied" && $.eventSource = "kms.amazonaws.com" }'),
    ("D302:warning", '{ $.eventName = "ConsoleLogin" && $.errorMessage = "Failed Authentication" }', '{ $.eventName = "ConsoleLogin" && $.errorMessage = "Failed*" }'),
    ("D303:warning", '{ $.eventName = "ConsoleLogin" && $.errorCode = "Failed authentication" }', '{ $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin = "Failure" }'),
    ("D303:warning", '{ $.eventType = "AwsConsoleLogin" }', '{ $.eventType = "AwsConsoleSignIn" }'),
    ("D208:warning", '{ $.Records.eventName = "DeleteTrail" }', "{ $.Records.count = 5 }"),
    ("D207:warning", f'{{ $.userIdentity.type = "AssumedRole" && {_ISSUER}.userName NOT EXISTS }}', '{ $.userIdentity.type = "AssumedRole" && $.userIdentity.invokedBy NOT EXISTS }'),
    ("D402:note", '{ $.eventSource = "ec2.amazonaws.com" && $.eventName = "*SecurityGruop*" }', '{ $.eventSource = "ec2.amazonaws.com" && $.eventName = "*SecurityGroup*" }'),
    ("D301:warning", '{ $.eventSource = "ec2.amazonaws.com" && $.errorCode = "AccessDenied*" }', '{ $.eventSource = "ec2.amazonaws.com" && $.errorCode = "*UnauthorizedOperation" }'),
    ("D305:warning", '{ $.eventSource = "rdsdatas.amazonaws.com" && $.eventName = "BeginTransaction" }', '{ $.eventSource = "rdsdata.amazonaws.com" && $.eventName = "BeginTransaction" }'),
    ("D303:warning", '{ $.userIdentity.type = "AssumeRole" }', '{ $.userIdentity.type = "${var.caller}" && $.eventSource = "iam.amazonaws.com" }'),
)  # fmt: skip
