import type { HeaderField } from '../api/tunnels';

interface ReadBody {
  readonly kind: string;
  readonly text: string;
}

const mostShown = 64 * 1024;

/** A body as people read it: JSON indented, text as it is, everything else as bytes. */
export function readBody(base64: string, headers: readonly HeaderField[]): ReadBody {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const coding = valueOf(headers, 'content-encoding');
  const type = valueOf(headers, 'content-type') ?? '';
  if (coding && coding !== 'identity') return { kind: `${type || 'bytes'}, ${coding}`, text: dump(bytes) };
  let text: string;
  try {
    // What was cut in the middle of a letter is text still: the last few bytes may be missing.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return { kind: type || 'bytes', text: dump(bytes) };
  }
  if (/[\u0000-\u0008\u000e-\u001a]/.test(text.slice(0, 4096))) return { kind: type || 'bytes', text: dump(bytes) };
  if (/\bjson\b/i.test(type) || /^\s*[[{]/.test(text)) {
    try {
      return { kind: type || 'JSON', text: JSON.stringify(JSON.parse(text), null, 2) };
    } catch {
      // Cut off, or no JSON after all.
    }
  }
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    return { kind: type, text: [...new URLSearchParams(text)].map(([name, value]) => `${name} = ${value}`).join('\n') };
  }
  return { kind: type || 'text', text: text.slice(0, mostShown) };
}

function valueOf(headers: readonly HeaderField[], name: string): string | undefined {
  return headers.find((field) => field.name.toLowerCase() === name)?.value;
}

function dump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, 4096); at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`);
  }
  if (bytes.length > 4096) lines.push(`… ${String(bytes.length - 4096)} bytes more`);
  return lines.join('\n');
}
