import type { TemplateRemark } from '../api/templates';

/** Where somebody who writes a template begins. */
export const skeletonOf = (slug: string) => `apiVersion: adit/v1
kind: Template
metadata:
  slug: ${slug}
  name: ${slug.charAt(0).toUpperCase()}${slug.slice(1).replaceAll('-', ' ')}
  description: What it is for.
spec:
  type: session
  source:
    command: ["/usr/bin/python3", "-m", "http.server", "--bind=127.0.0.1", "{{port}}"]
  resources:
    cpu: {request: 0.5, limit: 2, max: 4}
    memory: {request: 512Mi, limit: 2Gi, max: 8Gi}
  ports:
    - name: main
`;

/** A version as people say it: 0 is what came with the hub. */
export const versionWords = (version: number | null | undefined) =>
  version === null || version === undefined ? 'none yet' : version === 0 ? 'as shipped' : `version ${version.toLocaleString('en')}`;

/** Where in a text a line and column, both from 1, are; the end of the text when it is shorter. */
export function offsetOf(text: string, { line, column }: Pick<TemplateRemark, 'line' | 'column'>): number {
  let at = 0;
  for (let now = 1; now < line; now++) {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  const end = text.indexOf('\n', at);
  return Math.min(at + Math.max(0, column - 1), end < 0 ? text.length : end);
}

/** The worst remark of each line: true where something is wrong, false where there is only a warning. */
export function linesOf(remarks: readonly TemplateRemark[]): ReadonlyMap<number, boolean> {
  const lines = new Map<number, boolean>();
  for (const { line, isWarning } of remarks) lines.set(line, (lines.get(line) ?? false) || !isWarning);
  return lines;
}
