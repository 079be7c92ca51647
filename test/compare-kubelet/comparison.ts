// Compares two observations field by field.
import type { Json } from './normalise.ts';

export interface FieldDifference {
  /** The case's whole name, or that of a request. */
  name: string;
  /** Where in the observation: `pod.status.phase`, `containers.main.env[3]`. */
  path: string;
  /** Undefined where that side has no such field. */
  real: Json;
  ours: Json;
}

/** A span that is about the same on both sides, in seconds. */
export interface Seconds {
  '~seconds': number;
}

/** A number of which ours may have fewer. */
export interface AtMost {
  '~atMost': number;
}

/** Pods share two processors with all others: a span is as long as that takes. */
const toleranceSeconds = 10;

/** Pure: every field in which the two differ. */
export function compareFields(name: string, real: Json, ours: Json): FieldDifference[] {
  const found: FieldDifference[] = [];
  visit('', real, ours, (path, theirs, own) => found.push({ name, path, real: theirs, ours: own }));
  return found;
}

/** Pure: the same for all that was seen of a case. A pod that only one side runs is one difference. */
export function compareCase(name: string, real: Json, ours: Json): FieldDifference[] {
  const [theirs, own] = [refusalOf(real), refusalOf(ours)];
  if ((theirs === undefined) === (own === undefined)) return compareFields(name, real, ours);
  return [{ name, path: 'pod', real: theirs ?? 'a pod', ours: own ?? 'a pod' }];
}

/** Why there is no pod; undefined where there is one. */
function refusalOf(observed: Json): string | undefined {
  const settled = isRecord(observed) ? observed['settled'] : undefined;
  return isRecord(settled) && typeof settled['none'] === 'string' ? settled['none'] : undefined;
}

type Found = (path: string, real: Json, ours: Json) => void;

function visit(path: string, real: Json, ours: Json, found: Found): void {
  const [theirs, own] = [secondsOf(real), secondsOf(ours)];
  if (theirs !== undefined && own !== undefined) {
    if (!isAbout(theirs, own)) found(path, real, ours);
  } else if (isNumber(real, '~atMost') || isNumber(ours, '~atMost')) {
    if (numberOf(ours, '~atMost') > numberOf(real, '~atMost')) found(path, real, ours);
  } else if (Array.isArray(real) && Array.isArray(ours)) visitList(path, real, ours, found);
  else if (isRecord(real) && isRecord(ours) && haveCommonKeys(real, ours)) {
    for (const key of new Set([...Object.keys(real), ...Object.keys(ours)]))
      visit(path === '' ? key : `${path}.${key}`, real[key], ours[key], found);
  } else if (real !== ours) found(path, real, ours);
}

/** Lists of texts are compared as a whole by what only one of them has, others by their places. */
function visitList(path: string, real: Json[], ours: Json[], found: Found): void {
  const isTexts = [...real, ...ours].every((each) => typeof each === 'string');
  if (!isTexts) {
    for (let index = 0; index < Math.max(real.length, ours.length); index++)
      visit(`${path}[${index}]`, real[index], ours[index], found);
    return;
  }
  const [onlyReal, onlyOurs] = [without(real, ours), without(ours, real)];
  if (onlyReal.length + onlyOurs.length > 0) found(path, onlyReal, onlyOurs);
  else if (real.some((each, index) => each !== ours[index])) found(`${path} (order)`, real, ours);
}

/** Pure: `list` without as many of each text as `other` has. */
function without(list: readonly Json[], other: readonly Json[]): Json[] {
  const left = [...other];
  return list.filter((each) => {
    const index = left.indexOf(each);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

function isRecord(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Two that have no field in common are of different kinds, such as an answer and none: one difference. */
function haveCommonKeys(one: object, other: object): boolean {
  const keys = Object.keys(one);
  return keys.length === 0 || Object.keys(other).length === 0 || keys.some((key) => key in other);
}

/** While the other pods are looked at, a span is as long as that takes. */
const longSeconds = 10;

function isAbout(one: number, other: number): boolean {
  const isLong = Math.max(one, other) > longSeconds;
  return Math.abs(one - other) <= toleranceSeconds || (isLong && Math.min(one, other) > longSeconds / 4);
}

function secondsOf(value: Json): number | undefined {
  return isNumber(value, '~seconds') ? numberOf(value, '~seconds') : undefined;
}

function isNumber(value: Json, kind: string): boolean {
  return isRecord(value) && typeof value[kind] === 'number';
}

/** 0 where there is none. */
function numberOf(value: Json, kind: string): number {
  const number = isRecord(value) ? value[kind] : undefined;
  return typeof number === 'number' ? number : 0;
}
