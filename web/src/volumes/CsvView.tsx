import { count } from '../design/words';
import { visible } from './content';
import type { CsvTable } from './csv';

/** A table of a file, as far as it is shown. */
export function CsvView({ table }: { readonly table: CsvTable }) {
  const columns = table.header.map((_, at) => at);
  const isCut = table.allRows > table.rows.length || table.allColumns > table.header.length;
  return (
    <>
      <div className="volume-csv" tabIndex={0} role="region" aria-label="Content">
        <table>
          <thead><tr><th scope="col" className="number"><span className="unseen">Row</span></th>{columns.map((at) => <th key={at} scope="col">{visible(table.header[at] ?? '')}</th>)}</tr></thead>
          <tbody>
            {table.rows.map((row, number) => (
              <tr key={number}><td className="number">{number + 1}</td>{columns.map((at) => <td key={at}>{visible(row[at] ?? '')}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="volume-foot">
        {count(table.allRows)} {table.allRows === 1 ? 'row' : 'rows'}, {count(table.allColumns)} {table.allColumns === 1 ? 'column' : 'columns'}
        {isCut && `; the first ${count(table.rows.length)} rows and ${count(table.header.length)} columns are shown`}
      </p>
    </>
  );
}
