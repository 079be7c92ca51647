/** What the program on the machine of a run has to do: its only argument, as JSON. */
export interface SuiteWork {
  kubelet: 'ours' | 'real';
  cri: 'berthd' | 'containerd';
  /** The OCI runtime. */
  runtime: 'crun' | 'runc';
  /** Texts of which a spec has to have one in its name; none: all specs. */
  focus: string[];
  /** How many specs to take. */
  sample: number | undefined;
  seed: number;
  /** How many specs run at once. */
  nodes: number;
  failFast: boolean;
  /** A spec that fails runs once more. */
  again: boolean;
  /** Names of the specs are printed, and none runs. */
  list: boolean;
  /** A folder on a disk, for all that is to go at the end. */
  dir: string;
  /** The OCI layout of the images. */
  layout: string;
  /** Where reports and logs are kept. */
  reportDir: string;
}
