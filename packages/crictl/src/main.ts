// crictl: the command line for container runtimes that speak the CRI.
import { main } from './run.ts';

main(process.argv.slice(2), process.env).then((exitCode) => {
  process.exitCode = exitCode;
});
