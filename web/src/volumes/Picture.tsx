import { useEffect, useState, type ReactNode } from 'react';
import { pictureType } from './content';

/** A picture of bytes: as what its first bytes say it is, and only when that is a kind that cannot do anything. */
export function Picture({ bytes, label, otherwise }: { readonly bytes: Uint8Array<ArrayBuffer>; readonly label: string; readonly otherwise: ReactNode }) {
  const type = pictureType(bytes);
  const [url, setUrl] = useState<string>();
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    if (type === undefined) return undefined;
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    setUrl(made);
    setBroken(false);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  if (type === undefined || isBroken) return otherwise;
  return <div className="volume-picture">{url && <img src={url} alt={label} onError={() => setBroken(true)} />}</div>;
}
