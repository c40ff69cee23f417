"""Keys of Dagster's Helm chart, in the sections that our values use: from its values and its schema, of version 1.13.

Below a section that is not here begins what is Kubernetes' own (volumes, security contexts, probes).
"""

_POD = {
    "affinity", "annotations", "env", "envConfigMaps", "envSecrets", "image", "labels", "livenessProbe", "nodeSelector",
    "podSecurityContext", "readinessProbe", "resources", "schedulerName", "securityContext", "startupProbe", "tolerations",
    "volumeMounts", "volumes",
}  # fmt: skip
_IMAGE = {"repository", "tag", "pullPolicy"}
_THREADS = {"useThreads", "numWorkers", "numSubmitWorkers"}
_LAUNCHER = "runLauncher.config.k8sRunLauncher"

CHART_KEYS = {
    "": {
        "additionalInstanceConfig", "busybox", "computeLogManager", "concurrency", "dagster-user-deployments",
        "dagsterDaemon", "dagsterWebserver", "extraManifests", "flower", "fullnameOverride", "generateCeleryConfigSecret",
        "generatePostgresqlPasswordSecret", "global", "imagePullSecrets", "ingress", "migrate", "nameOverride", "postgresql",
        "pythonLogs", "rabbitmq", "rbacEnabled", "redis", "retention", "runLauncher", "scheduler", "serviceAccount",
        "telemetry",
    },
    "global": {"postgresqlSecretName", "dagsterHome", "serviceAccountName", "celeryConfigSecretName"},
    "postgresql": {
        "enabled", "image", "postgresqlHost", "postgresqlUsername", "postgresqlPassword", "postgresqlDatabase",
        "postgresqlParams", "postgresqlScheme", "service",
    },
    "postgresql.service": {"port"},
    "dagsterWebserver": {
        *_POD, "dbPoolRecycle", "dbStatementTimeout", "deploymentLabels", "enableReadOnly", "logLevel", "nameOverride",
        "pathPrefix", "replicaCount", "service", "workspace",
    },
    "dagsterWebserver.service": {"type", "port", "annotations"},
    "dagster-user-deployments": {"enabled", "enableSubchart", "imagePullSecrets", "deployments"},
    "dagster-user-deployments.deployments": {
        *_POD, "name", "port", "dagsterApiGrpcArgs", "codeServerArgs", "includeConfigInLaunchedRuns", "service",
        "initContainers", "sidecarContainers", "deploymentStrategy",
    },
    "dagster-user-deployments.deployments.image": _IMAGE,
    "dagster-user-deployments.deployments.includeConfigInLaunchedRuns": {"enabled"},
    "runLauncher": {"type", "config"},
    "runLauncher.config": {"k8sRunLauncher", "celeryK8sRunLauncher", "customRunLauncher"},
    _LAUNCHER: {
        "imagePullPolicy", "image", "jobNamespace", "loadInclusterConfig", "kubeconfigFile", "envConfigMaps", "envSecrets",
        "envVars", "volumes", "volumeMounts", "labels", "resources", "schedulerName", "failPodOnRunFailure",
        "securityContext", "runK8sConfig",
    },
    f"{_LAUNCHER}.runK8sConfig": {
        "containerConfig", "podTemplateSpecMetadata", "podSpecConfig", "jobSpecConfig", "jobMetadata",
    },
    "dagsterDaemon": {
        *_POD, "enabled", "heartbeatTolerance", "runCoordinator", "runMonitoring", "runRetries", "sensors", "schedules",
        "backfills", "deploymentLabels",
    },
    "dagsterDaemon.runCoordinator": {"enabled", "type", "config"},
    "dagsterDaemon.runCoordinator.config": {"queuedRunCoordinator", "customRunCoordinator"},
    "dagsterDaemon.runCoordinator.config.queuedRunCoordinator": {
        "maxConcurrentRuns", "tagConcurrencyLimits", "dequeueIntervalSeconds", "dequeueUseThreads", "dequeueNumWorkers",
        "blockOpConcurrencyLimitedRuns",
    },
    "dagsterDaemon.runMonitoring": {
        "enabled", "startTimeoutSeconds", "cancelTimeoutSeconds", "pollIntervalSeconds", "maxResumeRunAttempts",
        "freeSlotsAfterRunEndSeconds",
    },
    "dagsterDaemon.runRetries": {"enabled", "maxRetries", "retryOnAssetOrOpFailure"},
    "dagsterDaemon.sensors": _THREADS,
    "dagsterDaemon.schedules": _THREADS,
    "retention": {"enabled", "schedule", "sensor", "autoMaterialize"},
    "retention.schedule": {"purgeAfterDays"},
    "retention.sensor": {"purgeAfterDays"},
    "retention.sensor.purgeAfterDays": {"skipped", "success", "failure", "started"},
    "telemetry": {"enabled"},
}  # fmt: skip
