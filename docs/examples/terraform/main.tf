variable "environment" {
  type = string
}

variable "log_group_name" {
  type    = string
  default = "cloudtrail"
}

locals {
  namespace = "CIS"
}

resource "aws_sns_topic" "alarms" {
  name = "${var.environment}-alarms"
}

resource "aws_cloudwatch_log_metric_filter" "root" {
  name           = "${var.environment}-root"
  log_group_name = var.log_group_name
  pattern        = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"

  metric_transformation {
    name      = "RootUsage"
    namespace = local.namespace
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "root" {
  alarm_name          = "${var.environment}-root"
  metric_name         = aws_cloudwatch_log_metric_filter.root.metric_transformation[0].name
  namespace           = local.namespace
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"

  alarm_actions = [aws_sns_topic.alarms.arn]
}
