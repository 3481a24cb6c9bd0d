// Stories of mails whose templates name the people by the labels of the alerts: each of them is told, refused and owed for himself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import { namedNow } from '../../src/alerts/addressees.ts';
import { integrationsOf } from '../../src/alerts/integrations.ts';
import { anAlert, anAlertsDocument, aNotice, start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const mailTo = (to: string, more = ''): string =>
  dutyDocument(`email_configs: [{ to: '${to}', send_resolved: true }]${more}`);
const owners = mailTo('{{ range .Alerts }}{{ .Labels.owner }},{{ end }}noc@b.cn');
const down = (instance: string, owner: string, over = false): Parameters<typeof pushDown>[1] => ({
  instance,
  over,
  more: { owner },
});
const toldOf = (story: Story, who: string, from = 0): string[] =>
  story
    .told(from)
    .filter((line) => line.startsWith(`email ${who}:`))
    .map((line) => line.slice(`email ${who}: `.length));

describe('a template of recipients', () => {
  it('names several in one branch, and who was told hears the end when it names nobody any more', async () => {
    const story = aStory(mailTo('{{ if eq .Status "firing" }}a@b.cn, c@b.cn{{ end }}'));
    await pushDown(story, {});
    await story.pass(minutes(2), seconds(30));
    expect(story.told()).toEqual(['email a@b.cn: a', 'email c@b.cn: a']);
    await pushDown(story, { over: true });
    await story.pass(minutes(20), seconds(30));
    expect(story.told(2)).toEqual(['email a@b.cn: -a', 'email c@b.cn: -a']);
    expect(story.pipeline.status()).toMatchObject({ owed: 0 });
  });

  it('tells whoever it named of the end of all that he heard of, and of nothing that is new', async () => {
    const story = aStory(owners);
    await pushDown(story, down('a', 'zhang@b.cn'));
    await story.pass(minutes(2), seconds(30));
    expect(story.told()).toEqual(['email zhang@b.cn: a', 'email noc@b.cn: a']);
    await pushDown(story, down('b', 'li@b.cn'));
    await story.pass(minutes(6), seconds(30));
    await pushDown(story, down('a', 'zhang@b.cn', true));
    await story.pass(minutes(6), seconds(30));
    // nothing of his is left, but that b fires was told him
    const from = story.taken.length;
    await pushDown(story, down('c', 'li@b.cn'));
    await story.pass(minutes(6), seconds(30));
    expect(toldOf(story, 'zhang@b.cn', from)).toEqual([]);
    expect(toldOf(story, 'li@b.cn', from)).toEqual(['c b']);
    await pushDown(story, down('b', 'li@b.cn', true));
    await story.pass(minutes(6), seconds(30));
    expect(toldOf(story, 'zhang@b.cn', from)).toEqual(['c -b']);
  });

  it('sends to the others where one is no address, and again only to whom the server has put off', async () => {
    let isGrey = true;
    const story = aStory(owners, (to) => {
      if (!to.includes('@')) return failed(to, 'AddressInvalid', 'no address');
      return to === 'li@b.cn' && isGrey ? retry(to, 'ServerError', '451 greylisted') : null;
    });
    await pushDown(story, down('a', 'zhangsan'), down('b', 'li@b.cn'));
    await story.pass(minutes(1), seconds(5));
    expect(story.told()).toEqual(['email noc@b.cn: a b']);
    isGrey = false;
    await story.pass(minutes(3), seconds(5));
    expect(story.told()).toEqual(['email noc@b.cn: a b', 'email li@b.cn: a b']);
    const [message] = story.ledger.state.recent;
    expect([...(message?.recipients.values() ?? [])].map(({ to, state, reason }) => [to, state, reason])).toEqual([
      ['zhangsan', 'failed', 'AddressInvalid'],
      ['li@b.cn', 'sent', null],
      ['noc@b.cn', 'sent', null],
    ]);
  });

  it('leaves who is written beside it alone where it fails, and stands for itself', async () => {
    const story = aStory(mailTo('noc@b.cn, {{ (index .Alerts 9).Labels.owner }}'), (to) =>
      to.includes('{{') ? failed(to, 'AddressInvalid', 'the template names nobody') : null,
    );
    await pushDown(story, {});
    await story.pass(minutes(2), seconds(30));
    expect(story.told()).toEqual(['email noc@b.cn: a']);
    const [message] = story.ledger.state.recent;
    expect([...(message?.recipients.keys() ?? [])]).toEqual(['noc@b.cn', '{{ (index .Alerts 9).Labels.owner }}']);
  });

  it('sees every alert of the group, not only those that a message names', async () => {
    const story = aStory(`${owners}\nlimits: { namedInMessage: 5 }`);
    await pushDown(story, ...Array.from({ length: 12 }, (_, at) => down(`i${at}`, `o${at}@b.cn`)));
    await story.pass(minutes(2), seconds(30));
    expect(new Set(story.taken.map(({ to }) => to)).size).toBe(13);
  });

  it('names whoever the alerts of a group of thousands name', async () => {
    const story = aStory(owners);
    await pushDown(story, ...Array.from({ length: 2500 }, (_, at) => down(`i${at}`, `o${Math.floor(at / 100)}@b.cn`)));
    await story.pass(minutes(2), seconds(30));
    expect(story.taken).toHaveLength(26);
  });

  it('does not end at its own end where the alerts are more than it may look at', () => {
    const story = anAlertsDocument(owners);
    const [mail] = integrationsOf(story, 'duty', start);
    if (mail === undefined) throw new Error('no mail in the document');
    const alerts = Array.from({ length: 50_000 }, (_, at) => anAlert({}, { owner: `o${at % 50}@b.cn` }));
    const notice = { ...aNotice(), alerts };
    expect(namedNow(mail, () => ({ notice, document: story, now: start }))).toHaveLength(51);
  });

  it('takes braces in a label for no template', async () => {
    const story = aStory(owners);
    await pushDown(story, down('a', '{{ if'), down('b', 'li@b.cn'));
    await story.pass(minutes(2), seconds(30));
    expect(story.taken.map(({ to }) => to)).toEqual(['{{ if', 'li@b.cn', 'noc@b.cn']);
  });

  it('does not name those of alerts that are silenced', async () => {
    const story = aStory(owners);
    await story.pipeline.silencer.set({
      matchers: [[{ name: 'instance', operator: '=', value: 'a' }]],
      startsAt: null,
      endsAt: later(story.clock.now(), minutes(20)),
      createdBy: 'zhang',
      comment: 'work',
    });
    await pushDown(story, down('a', 'zhang@b.cn'), down('b', 'li@b.cn'));
    await story.pass(minutes(2), seconds(30));
    expect(story.told()).toEqual(['email li@b.cn: b', 'email noc@b.cn: b']);
    await story.pass(minutes(30), seconds(30));
    expect(toldOf(story, 'zhang@b.cn')).toEqual(['b a']);
  });

  it('calls the next step of an escalation, and the receiver that stands in, as addresses do', async () => {
    const step = dutyDocument(`
escalation:
  - email: { to: '{{ .CommonLabels.owner }}' }
  - { unacknowledgedFor: 10m, email: { to: '{{ .CommonLabels.owner }}, chief-{{ .CommonLabels.owner }}' } }`);
    const steps = aStory(step);
    await pushDown(steps, down('a', 'zhang@b.cn'));
    await steps.pass(minutes(30), seconds(30));
    expect(steps.told()).toEqual(['email zhang@b.cn: a', 'email zhang@b.cn: a', 'email chief-zhang@b.cn: a']);
    const standing = aStory(mailTo('{{ .CommonLabels.owner }}', '\nfallback: { receiver: boss, after: 2m }'), (to) =>
      to === 'boss@bank.cn' ? null : failed(to, 'RecipientRefused', '550'),
    );
    await pushDown(standing, down('a', 'zhang@b.cn'));
    await standing.pass(minutes(12), seconds(30));
    expect(standing.told()).toEqual(['email boss@bank.cn: a']);
  });

  it('tells in a storm each owner of what is his', async () => {
    const text = mailTo('{{ .CommonLabels.owner }}', '\n').concat('limits: { messagesInMinute: 3 }');
    const story = aStory(text.replace('group_by: [alertname]', 'group_by: [instance]'));
    await pushDown(story, ...Array.from({ length: 24 }, (_, at) => down(`i${at}`, `o${at % 3}@b.cn`)));
    await story.pass(minutes(10), seconds(5));
    expect(story.taken.length).toBeLessThan(12);
    for (const who of [0, 1, 2]) {
      const his = story.taken.filter(({ to }) => to === `o${who}@b.cn`).flatMap(({ firing }) => firing);
      expect(his.sort()).toEqual(Array.from({ length: 8 }, (_, at) => `i${at * 3 + who}`).sort());
    }
    expect(story.pipeline.status()).toMatchObject({ owed: 0 });
  });

  it('is explained by whom it names', async () => {
    const story = aStory(owners);
    await pushDown(story, down('a', 'zhang@b.cn'));
    await story.pass(seconds(5));
    const [view] = story.pipeline.alerts();
    const explained = story.pipeline.explain(view?.alert.fingerprint ?? '')?.groups[0]?.recipients;
    expect(explained?.map(({ to, why }) => [to, why])).toEqual([
      ['zhang@b.cn', 'waiting'],
      ['noc@b.cn', 'waiting'],
    ]);
  });
});

describe.each([
  ['a reload', false],
  ['a restart with another file', true],
])('%s', (_, restarts) => {
  const change = async (story: Story, to: string): Promise<void> => {
    story.reload(to);
    if (restarts) await story.restart();
    await pushDown(story, { name: 'Beside', instance: 'beside', more: { owner: 'else@b.cn' } });
  };
  const ends = async (story: Story): Promise<string[]> => {
    await story.pass(minutes(6), seconds(30));
    const ofDown = (line: string): boolean => /\ba\b/.test(line);
    expect(toldOf(story, 'zhang@b.cn').filter(ofDown)).toEqual(['a']);
    const from = story.taken.length;
    await pushDown(story, down('a', 'zhang@b.cn', true));
    await story.pass(minutes(20), seconds(30));
    return toldOf(story, 'zhang@b.cn', from).filter(ofDown);
  };

  it.each([
    ['leaves the file as it was', owners],
    ['changes the template', mailTo('{{ range .Alerts }}{{ .Labels.owner }} ,{{ end }}boss@b.cn')],
    ['names other people', mailTo('{{ range .Alerts }}{{ .Labels.chief }},{{ end }}noc@b.cn')],
    ['writes him in the place of the template', mailTo('zhang@b.cn, noc@b.cn')],
    ['writes somebody else', mailTo('boss@b.cn')],
    ['tells by webhook', dutyDocument('webhook_configs: [{ url: http://127.0.0.1:1/ }]')],
    [
      'puts another mail before it',
      owners.replace('email_configs: [', 'email_configs: [{ to: first@b.cn, send_resolved: true }, '),
    ],
  ])('that %s tells nobody again, and whom a template has named hears the end', async (_what, to) => {
    const story = aStory(owners);
    await pushDown(story, down('a', 'zhang@b.cn'));
    await story.pass(minutes(2), seconds(30));
    await change(story, to);
    expect(await ends(story)).toEqual(['-a']);
  });
});

it('lets nobody who heard of an alert without its end, whomever the labels name meanwhile', async () => {
  const owner = fc.constantFrom('zhang@b.cn', 'li@b.cn', 'wang@b.cn');
  const moves = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c'), owner, fc.boolean(), fc.integer({ min: 1, max: 9 })),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(moves, async (all) => {
      const story = aStory(owners);
      const ownerOf = new Map<string, string>();
      for (const [instance, who, over, wait] of all) {
        ownerOf.set(instance, ownerOf.get(instance) ?? who);
        await pushDown(story, down(instance, ownerOf.get(instance) ?? who, over));
        await story.pass(minutes(wait), minutes(1));
      }
      await pushDown(story, ...[...ownerOf].map(([instance, who]) => down(instance, who, true)));
      await story.pass(minutes(20), minutes(1));
      const open = new Set<string>();
      for (const { to, firing, resolved } of story.taken) {
        for (const one of firing) open.add(`${to} ${one}`);
        for (const one of resolved) open.delete(`${to} ${one}`);
      }
      expect([...open]).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
