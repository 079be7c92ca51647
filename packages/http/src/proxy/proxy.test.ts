import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxiesOf } from './proxy.ts';

test('proxies are chosen as Go chooses them', () => {
  const both = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://tls:2' };
  const except = (NO_PROXY: string) => ({ ...both, NO_PROXY });
  const cases: [environment: Record<string, string>, url: string, proxy: string | undefined][] = [
    [{}, 'https://r.example', undefined],
    [both, 'https://r.example', 'http://tls:2/'],
    [both, 'http://r.example', 'http://plain:1/'],
    [{ https_proxy: 'http://lower:1' }, 'https://r.example', 'http://lower:1/'],
    [{ HTTPS_PROXY: '', https_proxy: 'http://lower:1' }, 'https://r.example', 'http://lower:1/'],
    [
      { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' },
      'https://r.example',
      'http://upper:1/',
    ],
    [{ HTTP_PROXY: 'http://p' }, 'https://r.example', undefined],
    [{ ALL_PROXY: 'http://p' }, 'https://r.example', undefined],
    [{ HTTPS_PROXY: 'proxy.corp:3128' }, 'https://r.example', 'http://proxy.corp:3128/'],
    [{ HTTPS_PROXY: '10.0.0.1:3128' }, 'https://r.example', 'http://10.0.0.1:3128/'],
    [{ HTTPS_PROXY: 'proxy' }, 'https://r.example', 'http://proxy/'],
    [{ HTTPS_PROXY: 'http://u%40x:p@proxy:1' }, 'https://r.example', 'http://u%40x:p@proxy:1/'],
    [{ HTTPS_PROXY: 'socks5://s:1' }, 'https://r.example', 'socks5://s:1'],
    // This machine.
    [both, 'https://localhost:5000', undefined],
    [both, 'https://127.1.2.3', undefined],
    [both, 'https://[::1]:5000', undefined],
    [both, 'https://[::ffff:127.0.0.1]', undefined],
    [both, 'https://localhost.example', 'http://tls:2/'],
    // NO_PROXY.
    [except('*'), 'https://r.example', undefined],
    [except('a, *'), 'https://r.example', undefined],
    [except('r.example'), 'https://r.example', undefined],
    [except('r.example'), 'https://a.r.example', undefined],
    [except('r.example'), 'https://other-r.example', 'http://tls:2/'],
    [except(' R.Example ,,'), 'https://r.example', undefined],
    [except('.r.example'), 'https://a.r.example', undefined],
    [except('.r.example'), 'https://r.example', 'http://tls:2/'],
    [except('*.r.example'), 'https://a.r.example', undefined],
    [except('*.r.example'), 'https://r.example', 'http://tls:2/'],
    [except('r.example:443'), 'https://r.example', undefined],
    [except('r.example:443'), 'http://r.example', 'http://plain:1/'],
    [except('r.example:80'), 'http://r.example', undefined],
    [except('r.example:5000'), 'https://r.example:5000', undefined],
    [except('r.example:5000'), 'https://r.example', 'http://tls:2/'],
    [except(':5000'), 'https://r.example:5000', 'http://tls:2/'],
    [except('10.0.0.0/8'), 'https://10.1.2.3', undefined],
    [except('10.0.0.0/8'), 'https://11.1.2.3', 'http://tls:2/'],
    [except('10.0.0.0/8'), 'https://r10.example', 'http://tls:2/'],
    [except('10.0.0.0/40'), 'https://10.1.2.3', 'http://tls:2/'],
    [except('10.1.2.3'), 'https://10.1.2.3:5000', undefined],
    [except('10.1.2.3:443'), 'https://10.1.2.3:5000', 'http://tls:2/'],
    [except('10.1.2.3'), 'https://[::ffff:10.1.2.3]', undefined],
    [except('fd00::/8'), 'https://[fd00::1]:5000', undefined],
    [except('fd00::1'), 'https://[fd00::1]:5000', undefined],
    [except('[fd00::1]:5000'), 'https://[fd00::1]:5000', undefined],
    [except('[fd00::1]:5000'), 'https://[fd00::1]', 'http://tls:2/'],
    [except('bücher.example'), 'https://bücher.example', undefined],
    [{ ...both, no_proxy: 'r.example' }, 'https://r.example', undefined],
  ];
  for (const [environment, url, proxy] of cases) {
    assert.equal(proxiesOf(environment)(new URL(url))?.href, proxy, `${JSON.stringify(environment)} ${url}`);
  }
});
