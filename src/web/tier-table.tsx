// The table of one tier: the frame around rows that the tiers draw themselves.
import type { ComponentChild, ComponentType } from 'preact';
import { useWords } from './words.ts';

export interface RowProps<Row> {
  readonly row: Row;
  readonly chosen: boolean;
  readonly onChoose: (key: string) => void;
}

export interface TierProps<Row> {
  readonly rows: readonly Row[];
  readonly chosen: string | null;
  readonly onChoose: (key: string) => void;
}

interface Props<Row> extends TierProps<Row> {
  readonly tier: 'pods' | 'nodes';
  readonly columns: readonly string[];
  readonly row: ComponentType<RowProps<Row>>;
  /** what is said where there are no rows */
  readonly none: string;
  readonly before?: ComponentChild;
  readonly after?: ComponentChild;
}

export function TierTable<Row extends { readonly key: string }>(props: Props<Row>) {
  const { tier, columns, rows, chosen, onChoose, row: TierRow, none, before, after } = props;
  const { say } = useWords();
  return (
    <section class="card" id={tier} aria-labelledby={`${tier}-title`}>
      <h2 id={`${tier}-title`}>{say(`page.${tier}`)}</h2>
      {before}
      {rows.length === 0 ? <p class="quiet">{say(none)}</p> : null}
      <table role="table" hidden={rows.length === 0}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((name) => (
              <th key={name} role="columnheader" scope="col">
                {say(`page.column.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <TierRow key={row.key} row={row} chosen={row.key === chosen} onChoose={onChoose} />
          ))}
        </tbody>
      </table>
      {after}
    </section>
  );
}
