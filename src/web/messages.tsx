// What people were told: the demo's inboxes, or what was really sent.
import { useState } from 'preact/hooks';
import type { InboxItem, View } from '../model/report.ts';
import { useWords } from './words.ts';

const shown = 20;
const shownAtFirst = 5;
/** A mail about a storm has hundreds of lines: what stands below it would be out of sight. */
const isLong = (text: string): boolean => text.length > 800 || text.split('\n').length > 16;

function Item({ item }: { item: InboxItem }) {
  const { say, clock } = useWords();
  const [whole, setWhole] = useState(false);
  const long = isLong(item.text);
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
        <p class={long && !whole ? 'folded' : ''}>{item.text}</p>
      </div>
      {long ? (
        <button type="button" class="more" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {say(whole ? 'page.messages.fold' : 'page.messages.whole')}
        </button>
      ) : null}
    </li>
  );
}

export function Messages({ messages }: { messages: View['messages'] }) {
  const { say } = useWords();
  const [all, setAll] = useState(false);
  const items = messages.items.slice(0, shown);
  return (
    <section class="card" id="messages" aria-labelledby="messages-title">
      <h2 id="messages-title">{say(`page.messages.${messages.kind}`)}</h2>
      {messages.items.length === 0 ? <p class="quiet">{say('page.messages.none')}</p> : null}
      <ol class="entries">
        {items.slice(0, all ? shown : shownAtFirst).map((item) => (
          <Item key={item.at + item.to + item.text} item={item} />
        ))}
      </ol>
      {items.length > shownAtFirst ? (
        <button type="button" class="more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? say('page.less') : say('page.more', { count: items.length - shownAtFirst })}
        </button>
      ) : null}
    </section>
  );
}
