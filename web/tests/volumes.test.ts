import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursorBefore, difference, parentOf, partsOf, pictureType, textOf, viewOf, visible, withoutColours } from '../src/volumes/content';
import { csvOf, mostCsvColumns, mostCsvRows } from '../src/volumes/csv';
import { mostCells, notebookOf } from '../src/volumes/notebook';

const utf8 = new TextEncoder();

void test('a picture is what its first bytes say, and a document never is one', () => {
  assert.equal(pictureType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0)), 'image/png');
  assert.equal(pictureType(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), 'image/jpeg');
  assert.equal(pictureType(utf8.encode('GIF89a…')), 'image/gif');
  assert.equal(pictureType(utf8.encode('RIFF1234WEBPVP8 ')), 'image/webp');
  for (const hostile of ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', '<html><script>', 'GIF88a', 'RIFF1234WAVE', '', '\x89PN']) assert.equal(pictureType(utf8.encode(hostile)), undefined, hostile);
  assert.deepEqual(['a.PNG', 'a.svg', 'a.html', 'x.ipynb', 't.csv', 'png'].map(viewOf), ['picture', 'text', 'text', 'notebook', 'table', 'text']);
});

void test('what hides in a text or turns it around is shown by its number', () => {
  assert.equal(visible('a\u202eb\u200bc\u0000d\u001be\u007ff\r\ng\rh\ti'), 'a⟨202E⟩b⟨200B⟩c␀d␛e⟨007F⟩f\ng␍h\ti');
  assert.equal(withoutColours('\u001b[0;31mError\u001b[0m: \u001b[2Kx'), 'Error: x');
  assert.equal(textOf(Uint8Array.of(0x61, 0, 0x62)), undefined);
  assert.equal(textOf(Uint8Array.of(0xff, 0xfe)), undefined);
  assert.equal(textOf(utf8.encode('größer')), 'größer');
});

void test('paths are taken apart, and a list begins just before a name', () => {
  assert.deepEqual(partsOf('/a//b/c.txt/'), ['a', 'b', 'c.txt']);
  assert.deepEqual([parentOf('a/b/c.txt'), parentOf('c.txt'), parentOf('')], ['a/b', '', '']);
  assert.deepEqual([cursorBefore('abc'), cursorBefore('a'), cursorBefore('x😀')], ['ab', '', 'x']);
  assert.deepEqual([difference(1, 3, String), difference(3, 1, String), difference(2, 2, String)], ['+2', '−2', '±0']);
});

void test('a table is read as RFC 4180 has it', () => {
  const table = csvOf('name,said\r\n"Müller, Anna","she said ""no""\r\ntwice"\r\n\r\nben,\r\n');
  assert.deepEqual(table, { header: ['name', 'said'], rows: [['Müller, Anna', 'she said "no"\r\ntwice'], ['ben', '']], allRows: 2, allColumns: 2 });
  assert.deepEqual(csvOf('\ufeffa;b\n1,5;2\n')?.rows, [['1,5', '2']]);
  assert.deepEqual(csvOf('a\tb\n1\t2')?.header, ['a', 'b']);
  assert.deepEqual(csvOf('a,b\n1,')?.rows, [['1', '']]);
  assert.equal(csvOf(''), undefined);
  assert.equal(csvOf('one column\nof lines\n'), undefined);
});

void test('a table that means harm is bounded, and its cells stay text', () => {
  const quoted = csvOf('a,b\n"never ends,\nand goes on\n');
  assert.deepEqual(quoted?.rows, [['never ends,\nand goes on\n']]);
  assert.deepEqual(csvOf('a,b\n"x"y"z",=cmd()\n')?.rows, [['xy"z"', '=cmd()']]);
  const wide = csvOf(`${','.repeat(200_000)}\n1,2\n`);
  assert.deepEqual([wide?.header.length, wide?.allColumns, wide?.allRows], [mostCsvColumns, 200_001, 1]);
  const long = csvOf('a,b\n'.repeat(60_000));
  assert.deepEqual([long?.rows.length, long?.allRows], [mostCsvRows, 59_999]);
  assert.equal(csvOf(`a,b\n${'x'.repeat(100_000)},1`)?.rows[0]?.[0]?.length, 501);
  assert.equal(csvOf(`a,b\n${'"'.repeat(250_000)}`)?.rows.length, 1);
  assert.deepEqual(csvOf('a,b\n<script>alert(1)</script>,2')?.rows, [['<script>alert(1)</script>', '2']]);
});

const png = btoa('\x89PNG\r\n\x1a\nrest');
const notebook = (...cells: unknown[]) => JSON.stringify({ nbformat: 4, metadata: { language_info: { name: 'python' } }, cells });

void test('a notebook is its cells and what came out', () => {
  const read = notebookOf(notebook(
    { cell_type: 'markdown', source: ['# Title\n', 'more'] },
    {
      cell_type: 'code', execution_count: 3, source: 'print(1)', outputs: [
        { output_type: 'stream', name: 'stdout', text: ['1\n'] },
        { output_type: 'stream', name: 'stderr', text: 'slow' },
        { output_type: 'display_data', data: { 'image/png': `${png}\n`, 'text/plain': '<Figure>' } },
        { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback: [] },
      ],
    },
  ));
  assert.equal(read?.language, 'python');
  assert.deepEqual(read?.cells.map(({ kind, number, source }) => [kind, number, source]), [['markdown', undefined, '# Title\nmore'], ['code', 3, 'print(1)']]);
  assert.deepEqual(read?.cells[1]?.outputs.map((one) => (one.kind === 'text' ? [one.text, one.isError] : one.kind)), [['1\n', false], ['slow', true], 'png', ['ValueError: no', true]]);
});

void test('of a notebook that means harm nothing is left but text', () => {
  for (const none of ['', 'no json', '[]', 'null', '{}', '{"cells":{}}', `${'['.repeat(100_000)}`]) assert.equal(notebookOf(none), undefined);
  const output = (data: unknown) => notebookOf(notebook({ cell_type: 'code', source: '', outputs: [{ output_type: 'display_data', data }] }))?.cells[0]?.outputs;
  assert.deepEqual(output({ 'text/html': '<script>alert(1)</script>', 'image/svg+xml': '<svg onload="alert(1)"/>', 'application/javascript': 'alert(1)' }),
    [{ kind: 'other', types: ['text/html', 'image/svg+xml', 'application/javascript'] }]);
  assert.deepEqual(output({ 'text/html': '<b>1</b>', 'text/plain': '1' }), [{ kind: 'text', text: '1', isError: false }]);
  assert.deepEqual(output({ 'image/png': btoa('<svg onload="alert(1)"/>'), 'text/plain': 'a figure' }), [{ kind: 'text', text: 'a figure', isError: false }]);
  assert.deepEqual(output({ 'image/png': 'not base64 §', 'text/plain': ['x', 1, null] }), [{ kind: 'text', text: 'x', isError: false }]);
  assert.deepEqual(output('text'), []);
  const odd = notebookOf(notebook(null, 1, 'x', [], { cell_type: 7, source: { a: 1 }, outputs: 'x' }, { cell_type: 'code', outputs: [null, 1, { output_type: 'stream', text: {} }] }));
  assert.deepEqual(odd?.cells.map(({ kind, source, outputs }) => [kind, source, outputs.length]), [['raw', '', 0], ['code', '', 0]]);
  const many = notebookOf(notebook(...Array.from({ length: 5000 }, () => ({ cell_type: 'markdown', source: 'x' }))));
  assert.deepEqual([many?.cells.length, many?.allCells], [mostCells, 5000]);
  const long = notebookOf(notebook({ cell_type: 'markdown', source: 'x'.repeat(1_000_000) }));
  assert.ok((long?.cells[0]?.source.length ?? 0) < 70_000);
});
