// The closed sets of reasons. Each has a sentence in every language of config/messages.*.yaml (`reason.CODE`).

export const podReasons = [
  'MetricAboveTarget',
  'MetricBelowTarget',
  'DesiredWithinRange',
  'WithinTolerance',
  'TooFewReplicas',
  'TooManyReplicas',
  'ScaleUpStabilized',
  'ScaleDownStabilized',
  'ScaleUpLimit',
  'ScaleDownLimit',
  'FailedGetScale',
  'InvalidSelector',
  'AmbiguousSelector',
  'ClaimedTwice',
  'ScalingDisabled',
  'MetricUnknown',
  'SomeMetricsUnknown',
  'FallbackReplicas',
  'FailedGetPods',
  'SettlingAfterStart',
  'PolicyOff',
] as const;
export type PodReason = (typeof podReasons)[number];

export const nodeReasons = [
  'ReplicasWillNotFit',
  'PodsUnschedulable',
  'BelowMinimum',
  'NodesUnneeded',
  'PoolFits',
  'PoolAtMaximum',
  'LimitReached',
  'QuotaExceeded',
  'GroupBackedOff',
  'ResizeUnderWay',
  'UpdateByOthers',
  'NodesUpcoming',
  'GroupNotFound',
  'GroupIsMaster',
  'MagnumUnreadable',
  'KubernetesUnreadable',
  'ShapeUnknown',
  'RemovalNotProven',
  'DrainUnderWay',
  'SettlingAfterStart',
  'PolicyOff',
] as const;
export type NodeReason = (typeof nodeReasons)[number];

/** Why a node stays. */
export const keptReasons = [
  'NotUnderutilized',
  'UnneededTooShort',
  'GroupAtMinimum',
  'RecentGrowth',
  'RecentFailure',
  'NoPlaceToMovePods',
  'BlockedByPDB',
  'ControllerGone',
  'NotReplicated',
  'SystemPodWithoutPDB',
  'NotSafeToEvict',
  'LocalStorage',
  'WaitsForCompletion',
  'ForbiddenByAnnotation',
  'NotReady',
  'ServerUnknown',
  'TooManyUnready',
  'AtOnceReached',
  'BeingRemoved',
  'SettlingAfterStart',
  'ProtectedByPolicy',
  'NeededAgain',
  'DrainTimedOut',
  'WrongServerLeft',
  'PolicyOff',
] as const;
export type KeptReason = (typeof keptReasons)[number];

/** springtide's own alerts; `alert.NAME.*` in the catalogue, a page each in docs/runbook. */
export const alertNames = [
  'SpringtidePoolAtMaximum',
  'SpringtideQuotaExceeded',
  'SpringtideScalingFailed',
  'SpringtideMetricUnknown',
  'SpringtideNodesOrdered',
  'SpringtideNodesReturned',
  'SpringtideDrainFailed',
  'SpringtideResizeFailed',
  'SpringtideNodesNeverReady',
  'SpringtideReplicasAtMaximum',
  'SpringtideCollectorFailed',
  'SpringtideTickLate',
  'SpringtideConfigRefused',
] as const;
export type AlertName = (typeof alertNames)[number];

/** What a reason's sentence is filled with. */
export type Facts = Readonly<Record<string, string | number>>;
