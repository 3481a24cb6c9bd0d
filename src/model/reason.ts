// The closed sets of reasons. Each has a sentence in every language of config/messages.*.yaml (`reason.CODE`).

export const podReasons = [
  'MetricAboveTarget',
  'MetricBelowTarget',
  'ForecastAboveTarget',
  'ForecastHoldsDown',
  'ForecastNotTrusted',
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
  'FailedGetAutoscalers',
  'UnexpectedTargets',
  'ForeignAutoscaler',
  'ForeignWriter',
  'SwitchedOff',
  'Paused',
  'PausedReplicas',
  'PausedScaleDown',
  'PausedScaleUp',
  'InvalidAnnotation',
  'ScheduleWindow',
  'ScheduleHoldsDown',
  'Activated',
  'Restored',
  'Inactive',
  'ZeroCooldown',
  'Recovering',
  'CoverageTooLow',
  'FlapBudgetSpent',
  'GuardTripped',
  'WaitingForNodes',
  'TargetStuck',
  'SettlingAfterStart',
  'PolicyOff',
  'AwaitingApproval',
] as const;
export type PodReason = (typeof podReasons)[number];

export const nodeReasons = [
  'ReplicasWillNotFit',
  'PodsUnschedulable',
  'PodsDisplaced',
  'ForecastWillNotFit',
  'BelowMinimum',
  'NodesUnneeded',
  'PoolFits',
  'PoolAtMaximum',
  'LimitReached',
  'QuotaExceeded',
  'GroupBackedOff',
  'ResizeUnderWay',
  'UpdateByOthers',
  'AnotherAutoscaler',
  'NodesUpcoming',
  'GroupNotFound',
  'GroupIsMaster',
  'MagnumUnreadable',
  'KubernetesUnreadable',
  'ShapeUnknown',
  'RemovalNotProven',
  'DrainUnderWay',
  'SwitchedOff',
  'SettlingAfterStart',
  'PolicyOff',
  'NodeGuardTripped',
  'HeadroomShort',
  'Saturated',
  'SaturationUnknown',
  'ScheduledNodes',
  'TooManyUnready',
  'AwaitingApproval',
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
  'AnotherAutoscaler',
  'GroupAmbiguous',
  'SwitchedOff',
  'PolicyOff',
  'AllocatableUnknown',
  'BelowMinReplicas',
  'NeededBySpringtide',
  'NeededByPrometheus',
  'NeededByDns',
  'OutsideShrinkWindow',
  'NeverWindow',
  'ScheduleHoldsNodes',
  'ScheduledSoon',
  'NodeGuardTripped',
  'OthersFirst',
  'PolicyRemoved',
  'ForecastSoon',
  'AwaitingApproval',
] as const;
export type KeptReason = (typeof keptReasons)[number];

/** The scheduler's rules. */
export type FitRule =
  | 'resource'
  | 'pods'
  | 'taint'
  | 'nodeSelector'
  | 'nodeAffinity'
  | 'podAffinity'
  | 'podAntiAffinity'
  | 'topologySpread'
  | 'hostPort'
  | 'volume';

/** Why a pod waits: the scheduler's rules, the state of today's nodes, or why no node comes for it. */
export type PendingRule = FitRule | 'notReady' | 'cordoned' | 'draining' | 'room' | 'group';

/** springtide's own alerts; `alert.NAME.*` in the catalogue, a page each in docs/runbook. */
export const alertNames = [
  'SpringtidePoolAtMaximum',
  'SpringtideQuotaExceeded',
  'SpringtideScalingFailed',
  'SpringtideMetricUnknown',
  'SpringtideNodesOrdered',
  'SpringtideNodesReturned',
  'SpringtideDrainFailed',
  'SpringtideWrongServerLeft',
  'SpringtideResizeFailed',
  'SpringtideNodesNeverReady',
  'SpringtideReplicasAtMaximum',
  'SpringtideCollectorFailed',
  'SpringtideTickLate',
  'SpringtideConfigRefused',
  'SpringtideRuleFailing',
  'SpringtideWatchdogMissing',
  'SpringtideLeaderLost',
  'SpringtideForeignWriter',
  'SpringtideAnotherAutoscaler',
  'SpringtideTargetStuck',
  'SpringtideTargetConflict',
  'SpringtideTargetsUnexpected',
  'SpringtideGuardTripped',
  'SpringtideSwitchedOff',
  'SpringtideScheduleCannotBeMet',
  'SpringtideCalendarExpires',
  'SpringtideNodesUnready',
  'SpringtideSaturationUnknown',
  'SpringtideDrainsAbandoned',
  'SpringtideUpdateByOthers',
  'SpringtideAwaitingApproval',
  'SpringtideAuditUnwritable',
  'SpringtideCheckFailed',
  'SpringtideStateTooNew',
] as const;
export type AlertName = (typeof alertNames)[number];

/** What a reason's sentence is filled with. */
export type Facts = Readonly<Record<string, string | number>>;
