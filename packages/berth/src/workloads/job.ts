// A Job on one node: all its pods start at once, and each runs until its own end. Pure.
import { isObject } from '@berth/common/json/is-object.ts';
import { type FieldError, forbidden, required } from '@berth/kubelet/api/field-error.ts';
import type { JsonObject } from '@berth/kubelet/api/pod-shape.ts';
import { bookkeeping, count, noted, only, refused, replicas, word } from './field-rules.ts';
import type { PodOfWorkload, WorkloadKind } from './workload.ts';

const runsOnce = 'a node runs each pod of a job once';

/** Where the pod of an Indexed job finds its index. */
const indexLabel = 'batch.kubernetes.io/job-completion-index';
const indexVariable = 'JOB_COMPLETION_INDEX';

export const job: WorkloadKind = {
  apiVersion: 'batch/v1',
  fields: {
    parallelism: replicas,
    completions: replicas,
    completionMode: word({ NonIndexed: bookkeeping, Indexed: bookkeeping }),
    activeDeadlineSeconds: count(bookkeeping),
    backoffLimit: count(bookkeeping),
    ttlSecondsAfterFinished: noted('the pod stays until: berth down FILE'),
    suspend: only([false], 'a node starts a job at once'),
    podReplacementPolicy: bookkeeping,
    ...Object.fromEntries(
      [
        'podFailurePolicy',
        'successPolicy',
        'backoffLimitPerIndex',
        'maxFailedIndexes',
        'managedBy',
        'selector',
        'manualSelector',
        'scheduling',
      ].map((field) => [field, refused(`${runsOnce}; only the job controller of a cluster does more`)]),
    ),
  },
  restartPolicies: ['OnFailure', 'Never'],
  hasSelector: false,
  errors: jobErrors,
  pods: podsOfJob,
  notes: (spec) => {
    const limit = spec.backoffLimit ? ', whatever backoffLimit says' : '';
    const each = podCount(spec) === 1 ? 'runs' : 'each pod runs';
    return [
      podSpecOf(spec).restartPolicy === 'Never'
        ? `${each} once: with restartPolicy Never a failure is final${limit}`
        : `${each} until it succeeds: with restartPolicy OnFailure its containers are started again${limit}`,
    ];
  },
};

/** How many pods a job has. Without `completions` its pods find out among themselves when the work is done. */
function podCount({ completions, parallelism }: JsonObject): number {
  return Number(completions ?? parallelism ?? 1);
}

/** What the fields must be together: nobody starts the next pod of a job when one has ended. */
function jobErrors(spec: JsonObject): FieldError[] {
  const { completions, parallelism, completionMode } = spec;
  if (completionMode === 'Indexed' && completions == null)
    return [required('spec.completions', 'when completion mode is Indexed')];
  const pods = podCount(spec);
  return Number(parallelism ?? 1) < pods
    ? [
        forbidden(
          'spec.parallelism',
          `a node starts all pods of a job at once; set it to ${pods}, as completions`,
        ),
      ]
    : [];
}

function podsOfJob(name: string, spec: JsonObject): PodOfWorkload[] {
  const pod = podSpecOf(spec);
  // All pods start with the job, so that its deadline is theirs. They may have a shorter one.
  const deadlines = [spec, pod].flatMap(({ activeDeadlineSeconds: seconds }) =>
    typeof seconds === 'number' ? [seconds] : [],
  );
  const deadline = deadlines.length > 0 ? { activeDeadlineSeconds: Math.min(...deadlines) } : {};
  const labels = { 'job-name': name, 'batch.kubernetes.io/job-name': name };
  if (spec.completionMode !== 'Indexed') {
    const names = podCount(spec) === 1 ? [name] : numbers(spec).map((index) => `${name}-${index}`);
    return names.map((each) => ({ name: each, labels, spec: deadline }));
  }
  return numbers(spec).map((index) => {
    const indexed = { [indexLabel]: String(index) };
    return {
      name: `${name}-${index}`,
      labels: { ...labels, ...indexed },
      annotations: indexed,
      spec: { ...deadline, hostname: `${name}-${index}`, ...withIndex(pod) },
    };
  });
}

const numbers = (spec: JsonObject) => Array.from({ length: podCount(spec) }, (_, index) => index);

/** The containers of a pod, each with its index in the environment unless it sets that itself. */
function withIndex(pod: JsonObject): JsonObject {
  const variable = {
    name: indexVariable,
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexLabel}']` } },
  };
  const extended = (container: unknown) => {
    if (!isObject(container)) return container;
    const env = Array.isArray(container.env) ? container.env : [];
    return env.some((each) => isObject(each) && each.name === indexVariable)
      ? container
      : { ...container, env: [...env, variable] };
  };
  return Object.fromEntries(
    ['initContainers', 'containers'].flatMap((field) => {
      const list = pod[field];
      return Array.isArray(list) ? [[field, list.map(extended)]] : [];
    }),
  );
}

function podSpecOf({ template }: JsonObject): JsonObject {
  return isObject(template) && isObject(template.spec) ? template.spec : {};
}
