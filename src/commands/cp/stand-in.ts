import { type Name, type RemoteEnd } from '../../lib/copy/index.ts';
import { runScript } from '../../lib/copy/run-script.ts';
export interface Tools {
  tar: boolean;
  gzip: boolean;
  zstd: boolean;
  sha256sum: boolean;
  find: boolean;
}
export interface Found {
  path: Name;
  kind: 'absent' | 'file' | 'directory' | 'other';
  parent: boolean;
}
const script =
  'g=$1; p=$2; IFS=; if [ $g = 1 ]; then set -- $p; else set -- "$p"; fi; for f; do if [ -d "$f" ]; then k=directory; elif [ -e "$f" ]; then k=file; else k=absent; fi; q=${f%/}; case $q in */*) q=${q%/*};; *) q=.;; esac; [ -d "$q/" ] && w=1 || w=0; printf "%s %s %s\\n" $k $w "$f"; done';
export async function probeContainer(end: RemoteEnd, paths: { path: Name; glob: boolean }[]) {
  const out: Found[][] = [];
  for (const { path, glob } of paths) {
    const { stdout } = await runScript(end, script, [glob ? '1' : '0', Buffer.from(path, 'latin1').toString()]);
    out.push(
      stdout
        .toString('latin1')
        .trim()
        .split('\n')
        .map((l) => {
          const [k, w, ...f] = l.split(' ');
          return { kind: k as Found['kind'], parent: w === '1', path: f.join(' ') };
        }),
    );
  }
  return { tools: { tar: true, gzip: true, zstd: false, sha256sum: true, find: true }, uid: 0, paths: out };
}
