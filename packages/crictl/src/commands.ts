// The commands by name. Each is loaded only when it is called, so that a start costs little.
import type { CommandEntry } from './app/command.ts';

export const commands: readonly CommandEntry[] = [
  {
    name: 'attach',
    usage: 'Connect with a running container',
    load: async () => (await import('./commands/attach.ts')).attach,
  },
  {
    name: 'checkpoint',
    usage: 'Write running containers into an archive to restore them from',
    load: async () => (await import('./commands/checkpoint.ts')).checkpoint,
  },
  {
    name: 'completion',
    usage: 'Print a script that completes command lines in a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'config',
    usage: 'Show or change the options in crictl.yaml',
    load: async () => (await import('./commands/config.ts')).config,
  },
  {
    name: 'create',
    usage: 'Create a container in a pod',
    load: async () => (await import('./commands/create.ts')).create,
  },
  {
    name: 'events',
    aliases: ['event'],
    usage: 'Follow the events of containers',
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    name: 'exec',
    usage: 'Run a command in a running container',
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    name: 'imagefsinfo',
    usage: 'Show what images take on disk',
    load: async () => (await import('./commands/imagefsinfo.ts')).imagefsinfo,
  },
  {
    name: 'images',
    aliases: ['image', 'img'],
    usage: 'List images',
    load: async () => (await import('./commands/images.ts')).images,
  },
  {
    name: 'info',
    usage: 'Show the state and configuration of the runtime',
    load: async () => (await import('./commands/info.ts')).info,
  },
  {
    name: 'inspect',
    usage: 'Show everything about containers',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'inspecti',
    usage: 'Show everything about images',
    load: async () => (await import('./commands/inspecti.ts')).inspecti,
  },
  {
    name: 'inspectp',
    usage: 'Show everything about pods',
    load: async () => (await import('./commands/inspectp.ts')).inspectp,
  },
  {
    name: 'logs',
    usage: 'Print the log of a container, or those of a whole pod',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'metricdescs',
    usage: 'List the metrics that the runtime tells',
    load: async () => (await import('./commands/metricdescs.ts')).metricdescs,
  },
  {
    name: 'metricsp',
    usage: 'Show the metrics of pods',
    load: async () => (await import('./commands/metricsp.ts')).metricsp,
  },
  {
    name: 'pods',
    usage: 'List pods, all or those that are named',
    load: async () => (await import('./commands/pods.ts')).pods,
  },
  {
    name: 'port-forward',
    usage: 'Forward ports of this machine to a pod',
    load: async () => (await import('./commands/port-forward.ts')).portForward,
  },
  {
    name: 'ps',
    usage: 'List containers, all that run or those that are named',
    load: async () => (await import('./commands/ps.ts')).ps,
  },
  {
    name: 'pull',
    usage: 'Pull an image from a registry',
    load: async () => (await import('./commands/pull.ts')).pull,
  },
  { name: 'rm', usage: 'Remove containers', load: async () => (await import('./commands/rm.ts')).rm },
  { name: 'rmi', usage: 'Remove images', load: async () => (await import('./commands/rmi.ts')).rmi },
  { name: 'rmp', usage: 'Remove pods', load: async () => (await import('./commands/rmp.ts')).rmp },
  {
    name: 'run',
    usage: 'Run a container in a new pod',
    load: async () => (await import('./commands/run.ts')).run,
  },
  { name: 'runp', usage: 'Run a new pod', load: async () => (await import('./commands/runp.ts')).runp },
  {
    name: 'runtime-config',
    usage: 'Show what the runtime tells kubelets to do',
    load: async () => (await import('./commands/runtime-config.ts')).runtimeConfig,
  },
  {
    name: 'start',
    usage: 'Start created containers',
    load: async () => (await import('./commands/start.ts')).start,
  },
  {
    name: 'stats',
    usage: 'Show what containers use',
    load: async () => (await import('./commands/stats.ts')).stats,
  },
  {
    name: 'statsp',
    usage: 'Show what pods use',
    load: async () => (await import('./commands/statsp.ts')).statsp,
  },
  {
    name: 'stop',
    usage: 'Stop running containers',
    load: async () => (await import('./commands/stop.ts')).stop,
  },
  {
    name: 'stopp',
    usage: 'Stop running pods',
    load: async () => (await import('./commands/stopp.ts')).stopp,
  },
  {
    name: 'top',
    usage: 'Show live what pods and containers use',
    load: async () => (await import('./commands/top.ts')).top,
  },
  {
    name: 'update',
    usage: 'Change the limits of running containers',
    load: async () => (await import('./commands/update.ts')).update,
  },
  {
    name: 'update-runtime-config',
    usage: 'Change the configuration of the runtime',
    load: async () => (await import('./commands/update-runtime-config.ts')).updateRuntimeConfig,
  },
  {
    name: 'trace',
    usage: "Show where the time of a pod's start went",
    load: async () => (await import('./commands/trace.ts')).trace,
  },
  {
    name: 'version',
    usage: 'Show the version of the runtime',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: '__complete',
    usage: 'Tell the scripts of completion what may follow',
    hidden: true,
    load: async () => (await import('./commands/complete.ts')).complete,
  },
];
