import assert from 'node:assert/strict';
import { test } from 'node:test';
import { urlWithoutSecrets } from './url-without-secrets.ts';

test('user, password and query of a URL are not shown', () => {
  const cases: [url: string, shown: string][] = [
    ['https://cdn.example/blob?X-Amz-Signature=secret', 'https://cdn.example/blob'],
    ['https://user:secret@cdn.example/blob#secret', 'https://cdn.example/blob'],
    ['//user:secret@cdn.example/blob', '//cdn.example/blob'],
    ['https:\\\\user:secret@cdn.example/', 'https:\\\\cdn.example/'],
    ['HTTP://a@secret@[', 'HTTP://['],
    ['file:///etc/passwd', 'file:///etc/passwd'],
    ['data:text/plain,\x1b', 'data:text/plain,\\u001b'],
  ];
  for (const [url, shown] of cases) assert.equal(urlWithoutSecrets(url), shown);
});
