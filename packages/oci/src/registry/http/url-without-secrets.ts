import { printable } from '@berth/common/printable.ts';

/**
 * A URL for errors and logs, without user, password and query, which contains the secret of a signed URL. Pure; accepts
 * invalid URLs.
 */
export function urlWithoutSecrets(text: string): string {
  const [bare = ''] = text.split(/[?#]/, 1);
  return printable(bare.replace(/^([a-z0-9+.-]*:?[\\/]{2})[^\\/]*@/i, '$1'), 300);
}
