// crictl: the command line for container runtimes that speak the CRI.
import { main } from './run.ts';

process.exitCode = await main(process.argv.slice(2), process.env);
