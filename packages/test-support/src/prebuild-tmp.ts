import { buildPeer } from './peers.ts';

for (const name of process.argv.slice(2)) console.log(await buildPeer(name as never));
