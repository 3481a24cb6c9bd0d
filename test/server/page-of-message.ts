// The page behind the link of a message to zhang, served for the length of a test.
import { onTestFinished } from 'vitest';
import { seconds } from '../../src/model/units.ts';
import { catalogue } from '../alerts/builders.ts';
import { dutyDocument, pushDown } from '../alerts/duty.ts';
import { aStory } from '../alerts/recorder.ts';
import { servedStory } from './story-server.ts';

const duty = dutyDocument('sms_configs: [{ to: [zhang] }]');

/** `more`: of alerts.yaml. */
export async function pageOfMessage(more = ''): Promise<{ page: string; acknowledgedBy: () => string | null }> {
  const text = `${duty}\n${more}`;
  const story = aStory(text, undefined, 'the secret of links');
  const server = await servedStory(story, text, {
    words: () => ({ texts: catalogue('en'), people: ['zhang', 'li'] }),
  });
  onTestFinished(() => server.close());
  await pushDown(story, {});
  await story.pass(seconds(31));
  const page = `${server.url}/a/${story.taken[0]?.delivery.notice.acknowledgeCode ?? ''}`;
  const acknowledgedBy = (): string | null =>
    [...story.ledger.state.episodes.values()].map(({ acknowledged }) => acknowledged?.by ?? null)[0] ?? null;
  return { page, acknowledgedBy };
}
