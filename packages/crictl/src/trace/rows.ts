// What every drawing of a pod's start shows: rows with labels, durations, a summary. Pure.
import { idleOf, type Span } from './span.ts';

/** The stages of a pod's start by CRI call. */
const stages: Readonly<Record<string, string>> = {
  RunPodSandbox: 'sandbox',
  PullImage: 'image',
  CreateContainer: 'create',
  StartContainer: 'start',
};

/** A line of a drawing: a call or a step of one. */
export interface Row {
  label: string;
  span: Span;
  depth: number;
  /** The stage of its call: sandbox, image, create or start; empty for another one. */
  stage: string;
}

/** A call and its steps, each with the depth below the call. */
export function rowsOf(span: Span, depth = 0, stage = stages[span.name] ?? ''): Row[] {
  const title = depth === 0 && stage !== '' ? stage : span.name;
  // The end of an image's name is the most specific part.
  const subject = span.name === 'PullImage' ? span.subject.replace(/^.*\//, '') : span.subject;
  const label = `${'  '.repeat(depth)}${title}${subject === '' ? '' : ` ${subject}`}`;
  return [{ label, span, depth, stage }, ...span.steps.flatMap((step) => rowsOf(step, depth + 1, stage))];
}

/** The time of each stage, and of selected steps. */
export function summary(calls: readonly Span[]): string[] {
  const sum = (spans: readonly Span[]) => spans.reduce((all, { duration }) => all + duration, 0);
  const network = sum(calls.flatMap(({ steps }) => steps.filter(({ name }) => name === 'network')));
  const parts = Object.entries(stages).flatMap(([name, title]) => {
    const own = calls.filter((call) => call.name === name);
    if (own.length === 0) return name === 'PullImage' ? ['image not pulled'] : [];
    const within = name === 'RunPodSandbox' && network > 0 ? ` (network ${time(network)})` : '';
    return [`${title} ${time(sum(own))}${within}`];
  });
  return [...parts, `between the calls ${time(idleOf(calls))}`];
}

/** `0.42ms`, `38.1ms`, `412ms`, `3.21s`, `412s`: at most six characters for the first hours. */
export function time(milliseconds: number): string {
  const digits = (value: number) => (value < 10 ? 2 : value < 100 ? 1 : 0);
  if (milliseconds < 999.5) return `${milliseconds.toFixed(digits(milliseconds))}ms`;
  const seconds = milliseconds / 1000;
  return `${seconds.toFixed(digits(seconds))}s`;
}
