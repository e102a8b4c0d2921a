/**
 * The words that kx is asked to complete, the last of them up to the cursor; undefined where it is asked for something else.
 * kubectl runs `kubectl_complete-NAME WORD...`, which is kx under that name; the scripts of `kx completion` run
 * `__complete WORD...`, or `__complete-words =WORD...` where a shell may lose words that are empty.
 */
export function wordsToComplete(calledAs: string, argv: readonly string[]): readonly string[] | undefined {
  if (/^kubectl_complete-/.test(calledAs.replace(/^.*[/\\]/s, ''))) return argv;
  const [asked, ...words] = argv;
  if (asked === '__complete') return words;
  return asked === '__complete-words' ? words.map((word) => word.replace(/^=/, '')) : undefined;
}
