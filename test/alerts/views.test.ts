// What those who ask see of thousands of alerts: one after the other, those alone that are meant.
import { expect, it } from 'vitest';
import { parseMatchers } from '../../src/matching/matchers.ts';
import { later, minutes, rfc3339 } from '../../src/model/units.ts';
import { start } from './builders.ts';
import { aStory } from './recorder.ts';

async function ofTwenty() {
  const story = aStory('route: { receiver: duty, group_by: [team] }\nreceivers: [{ name: duty }]');
  await story.pipeline.push(
    Array.from({ length: 20 }, (_, number) => ({
      labels: { alertname: `A${number}`, team: number % 2 === 0 ? 'pay' : 'core' },
      endsAt: rfc3339(later(start, minutes(60))),
    })),
  );
  const silence = (matchers: string) =>
    story.pipeline.silencer.set({
      matchers: [parseMatchers(matchers)],
      startsAt: null,
      endsAt: later(start, minutes(60)),
      createdBy: 'zhang',
      comment: 'maintenance',
    });
  return { ...story, silence };
}

it('alerts are given by fingerprint, each as it is when it is asked for', async () => {
  const { pipeline, silence } = await ofTwenty();
  const views = pipeline.eachAlert();
  const first = views.next();
  await silence('team=~".+"');
  const others = [...views];
  expect(first.value).toMatchObject({ silencedBy: [] });
  expect(others.map(({ silencedBy }) => silencedBy.length)).toEqual(Array.from({ length: 19 }, () => 1));
  const fingerprints = pipeline.alerts().map(({ alert }) => alert.fingerprint);
  expect(fingerprints).toEqual(fingerprints.toSorted());
});

it('of alerts that are not meant nothing is worked out', async () => {
  const { pipeline } = await ofTwenty();
  const asked: string[] = [];
  const views = [
    ...pipeline.eachAlert(({ labels }) => {
      asked.push(labels['alertname'] ?? '');
      return labels['alertname'] === 'A7';
    }),
  ];
  expect([asked.length, views.map(({ alert, receivers }) => [alert.labels['team'], receivers])]).toEqual([
    20,
    [['core', ['duty']]],
  ]);
  const groups = [...pipeline.eachGroup(({ labels }) => labels['alertname'] === 'A7')];
  expect(groups.map(({ labels, alerts }) => [labels['team'], alerts.length])).toEqual([
    ['pay', 0],
    ['core', 1],
  ]);
});
