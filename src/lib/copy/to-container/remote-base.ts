import { KxError } from '../../errors/index.ts';
import type { Base } from './delivery.ts';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';
import { destinationError, reasonOf } from './tool-words.ts';

/** A directory that becomes the root, or is it already; its parent must be there. */
export function treeBase(destination: Name): Base {
  return {
    directory: shellPath(destination),
    check({ found }) {
      if (found === 'other') throw destinationError(destination, 'it is not a directory');
    },
    refused(said) {
      const reason = reasonOf(said, 'it cannot be made');
      return reason === 'No such file or directory'
        ? noDirectory(parentOf(destination))
        : destinationError(destination, reason);
    },
  };
}

/** The directory that a file is put into, which must be there. */
export function parentBase(destination: Name): Base {
  const parent = parentOf(destination);
  return {
    directory: shellPath(parent),
    check({ found }) {
      if (found === 'nothing') throw noDirectory(parent);
      if (found === 'other') throw destinationError(destination, `${displayName(parent)} is not a directory`);
    },
    refused: (said) => destinationError(destination, reasonOf(said, 'its directory cannot be entered')),
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
