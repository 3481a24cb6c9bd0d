// What people were told: the demo's inboxes, or what was really sent.
import type { InboxItem, View } from '../model/report.ts';
import { useWords } from './words.ts';

const shown = 20;

function Item({ item }: { item: InboxItem }) {
  const { say, clock } = useWords();
  const failed = item.outcome === 'failed';
  return (
    <li class={failed ? 'bad' : item.channel}>
      <p class="line">
        <time dateTime={item.at}>{clock(item.at)}</time>
        <span class="tier">{say(`page.channel.${item.channel}`)}</span>
        <span class="quiet to">{say('page.messages.to', { to: item.to })}</span>
        {item.outcome === 'received' || item.outcome === 'sent' ? null : (
          <span class="result">
            {say(`page.outcome.${item.outcome}`)} {item.code}
          </span>
        )}
      </p>
      <div class="bubble">
        {item.subject === undefined ? null : <b>{item.subject}</b>}
        <p>{item.text}</p>
      </div>
    </li>
  );
}

export function Messages({ messages }: { messages: View['messages'] }) {
  const { say } = useWords();
  return (
    <section class="card" id="messages" aria-labelledby="messages-title">
      <h2 id="messages-title">{say(`page.messages.${messages.kind}`)}</h2>
      {messages.items.length === 0 ? <p class="quiet">{say('page.messages.none')}</p> : null}
      <ol class="entries">
        {messages.items.slice(0, shown).map((item) => (
          <Item key={item.at + item.to + item.text} item={item} />
        ))}
      </ol>
    </section>
  );
}
