// The files about the pipeline itself: one alert, what is told again, when a group speaks, whole timelines.
import type { ManifestEntry } from '../manifest.ts';
import { filterCase, scenarioCase, statusCase } from './acceptance.ts';
import { ingestCase, mergeCase, sortCase } from './alert.ts';
import { dedupCase } from './dedup.ts';
import { deadlineCase, groupLabelsCase, timingCase } from './dispatch.ts';

export const pipelineVectors: Readonly<Record<string, readonly ManifestEntry[]>> = {
  'alertmanager/acceptance': [
    { array: 'scenarios', product: 'simulate/alerts: simulateAlerts', count: 11, adapter: scenarioCase },
    { array: 'api_status', product: 'alerts/pipeline: alerts', count: 1, adapter: statusCase },
    { array: 'api_filter', product: 'server/alerts/filters: alertFilter', count: 1, adapter: filterCase },
  ],
  'alertmanager/alert': [
    { array: 'merge', product: 'alerts/alert: joined', count: 6, adapter: mergeCase },
    { array: 'sort', product: 'alerts/webhook-payload: byLabels', count: 4, adapter: sortCase },
    { array: 'ingest', product: 'alerts/ingest: ingested', count: 5, adapter: ingestCase },
  ],
  'alertmanager/dedup': [{ array: 'cases', product: 'alerts/dedup: needsUpdate', count: 10, adapter: dedupCase }],
  'alertmanager/dispatch': [
    { array: 'group_labels', product: 'alerts/group: groupLabelsOf', count: 5, adapter: groupLabelsCase },
    { array: 'timing', product: 'simulate/alerts: simulateAlerts', count: 5, adapter: timingCase },
    { array: 'flush_context_timeout', product: 'simulate/alerts: simulateAlerts', count: 3, adapter: deadlineCase },
  ],
};
