// Runs the built crictl with the words behind DIR and keeps what V8 compiled of it:
// node record-code-cache.cjs DIR WORD...
const { renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [dist] = process.argv.splice(2, 1);
const script = require(join(dist, 'crictl.cjs'));
process.on('exit', () => {
  // Half a cache would be rejected at every start.
  const half = join(dist, 'crictl.code-cache.half');
  writeFileSync(half, script.createCachedData());
  renameSync(half, join(dist, 'crictl.code-cache'));
});
