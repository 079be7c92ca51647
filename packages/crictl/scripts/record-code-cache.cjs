// Runs the built crictl with the words behind DIR and keeps what V8 compiled of the files that it loaded, but
// for those that an earlier run has kept: node record-code-cache.cjs DIR WORD...
const { existsSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [dist] = process.argv.splice(2, 1);
const loaded = require(join(dist, 'crictl.cjs'));
process.on('exit', () => {
  for (const { script, filename } of loaded.values()) {
    if (existsSync(`${filename}.cache`)) continue;
    // Half a cache would be rejected at every start.
    writeFileSync(`${filename}.half`, script.createCachedData());
    renameSync(`${filename}.half`, `${filename}.cache`);
  }
});
