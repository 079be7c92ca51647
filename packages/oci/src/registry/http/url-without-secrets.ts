import { printable } from '@berth/common/printable.ts';

/**
 * What errors and logs may show of a URL that came from outside: neither user and password nor the query, which
 * signed URLs have their secret in. Pure; takes what is no URL as well.
 */
export function urlWithoutSecrets(text: string): string {
  const [bare = ''] = text.split(/[?#]/, 1);
  return printable(bare.replace(/^([a-z0-9+.-]*:?[\\/]{2})[^\\/]*@/i, '$1'), 300);
}
