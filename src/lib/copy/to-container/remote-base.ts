import { KxError } from '../../errors/index.ts';
import type { Base } from './delivery.ts';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';
import { destinationError, reasonOf } from './tool-words.ts';

/** A directory that becomes the root, or is it already; its parent must be there. `shown` is its name for messages. */
export function treeBase(destination: Name, shown: Name): Base {
  return {
    directory: shellPath(destination),
    check({ found }) {
      if (found === 'other') throw destinationError(shown, 'it is not a directory');
    },
    refused(said) {
      const reason = reasonOf(said, 'it cannot be made');
      return reason === 'No such file or directory' ? noDirectory(parentOf(shown)) : destinationError(shown, reason);
    },
  };
}

/** The directory that a file is put into, which must be there. */
export function parentBase(destination: Name, shown: Name): Base {
  const parent = parentOf(shown);
  return {
    directory: shellPath(parentOf(destination)),
    check({ found }) {
      if (found === 'nothing') throw noDirectory(parent);
      if (found === 'other') throw destinationError(shown, `${displayName(parent)} is not a directory`);
    },
    refused: (said) => destinationError(shown, reasonOf(said, 'its directory cannot be entered')),
  };
}

function noDirectory(name: Name): KxError {
  return new KxError('KX_COPY_DESTINATION', `no such directory in the container: ${displayName(name)}`, { ran: 'yes' });
}

function parentOf(path: Name): Name {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
}

/** No name is an option of `cd` or `mkdir`. */
function shellPath(path: Name): Name {
  return path.startsWith('/') ? path : `./${path}`;
}
