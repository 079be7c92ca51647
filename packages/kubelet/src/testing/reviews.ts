// The part of an API server that answers reviews, for unit tests.
import assert from 'node:assert/strict';
import { isObject } from '@berth/common/json/is-object.ts';
import type { ApiClient, ApiObject, Resource } from '../apiserver/api-client.ts';

/** Answers each review with a status, and notes what was asked. */
export class Reviews {
  /** `PLURAL` and the spec of each question. */
  readonly asked: [plural: string, spec: unknown][] = [];
  /** What the next answers say; an error is thrown. */
  readonly statuses: (object | Error)[] = [];

  readonly client: Pick<ApiClient, 'create'> = {
    create: async <T extends ApiObject>({ plural }: Resource, _: object, object: T): Promise<T> => {
      assert.ok(isObject(object));
      this.asked.push([plural, object['spec']]);
      const status = this.statuses.shift();
      if (status instanceof Error) throw status;
      return { ...object, status };
    },
  };
}
