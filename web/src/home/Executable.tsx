/** What a machine needs, and where to have it from: said wherever somebody is about to run it there. */
export function Executable() {
  return (
    <>
      It needs the one executable <code>adit</code> and nothing else: copy it from the hub’s machine where system and processor are the same, or build it there from
      the source (<code>./run build</code> leaves it in <code>out/adit</code>).
    </>
  );
}
