// The commands by name. Each is loaded only when it is called, so that a start costs little.
import type { CommandEntry } from './app/command.ts';

export const commands: readonly CommandEntry[] = [
  {
    name: 'attach',
    usage: 'Attach to a running container',
    load: async () => (await import('./commands/attach.ts')).attach,
  },
  {
    name: 'checkpoint',
    usage: 'Checkpoint running containers to an archive',
    load: async () => (await import('./commands/checkpoint.ts')).checkpoint,
  },
  {
    name: 'completion',
    usage: 'Print a shell completion script',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'config',
    usage: 'Get or set options in crictl.yaml',
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
    usage: 'Stream container events',
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    name: 'exec',
    usage: 'Run a command in a running container',
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    name: 'imagefsinfo',
    usage: 'Show the disk usage of images',
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
    usage: 'Show the status and configuration of the runtime',
    load: async () => (await import('./commands/info.ts')).info,
  },
  {
    name: 'inspect',
    usage: 'Show the status of containers',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'inspecti',
    usage: 'Show the status of images',
    load: async () => (await import('./commands/inspecti.ts')).inspecti,
  },
  {
    name: 'inspectp',
    usage: 'Show the status of pods',
    load: async () => (await import('./commands/inspectp.ts')).inspectp,
  },
  {
    name: 'logs',
    usage: 'Print the logs of a container, or of all containers of a pod',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'metricdescs',
    usage: 'List the descriptors of pod metrics',
    load: async () => (await import('./commands/metricdescs.ts')).metricdescs,
  },
  {
    name: 'metricsp',
    usage: 'Show the metrics of pods',
    load: async () => (await import('./commands/metricsp.ts')).metricsp,
  },
  {
    name: 'pods',
    usage: 'List pods, optionally by id or name',
    load: async () => (await import('./commands/pods.ts')).pods,
  },
  {
    name: 'port-forward',
    usage: 'Forward local ports to a pod',
    load: async () => (await import('./commands/port-forward.ts')).portForward,
  },
  {
    name: 'ps',
    usage: 'List running containers, optionally by id or name',
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
    usage: 'Show the configuration that the runtime gives to the kubelet',
    load: async () => (await import('./commands/runtime-config.ts')).runtimeConfig,
  },
  {
    name: 'start',
    usage: 'Start created containers',
    load: async () => (await import('./commands/start.ts')).start,
  },
  {
    name: 'stats',
    usage: 'Show the resource usage of containers',
    load: async () => (await import('./commands/stats.ts')).stats,
  },
  {
    name: 'statsp',
    usage: 'Show the resource usage of pods',
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
    usage: 'Show the resource usage of pods and containers live',
    load: async () => (await import('./commands/top.ts')).top,
  },
  {
    name: 'update',
    usage: 'Update the resource limits of running containers',
    load: async () => (await import('./commands/update.ts')).update,
  },
  {
    name: 'update-runtime-config',
    usage: 'Update the configuration of the runtime',
    load: async () => (await import('./commands/update-runtime-config.ts')).updateRuntimeConfig,
  },
  {
    name: 'trace',
    usage: "Show how long each step of a pod's start took",
    load: async () => (await import('./commands/trace.ts')).trace,
  },
  {
    name: 'version',
    usage: 'Show the version of the runtime',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: '__complete',
    usage: 'Print completions, for the scripts of crictl completion',
    hidden: true,
    load: async () => (await import('./commands/complete.ts')).complete,
  },
];
