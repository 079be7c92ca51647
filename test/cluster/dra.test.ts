// Dynamic resource allocation: a driver, the claims that the scheduler allocates and pods use, with the real kubelet and
// with ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { DraNode, slowMs } from './dra-parts.ts';
import { kubelets } from './kubelets.ts';
import { Pods } from './pod-objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const pods = new Pods(cluster);

for (const kubelet of kubelets) {
  const dra = new DraNode(cluster, kubelet);
  const of = (what: string): string => dra.of(what);
  const templateClaims = (resourceClaimTemplateName: string) => ({
    resourceClaims: [{ name: 'c', resourceClaimTemplateName }],
  });
  const sharedClaims = (resourceClaimName: string) => ({
    resourceClaims: [{ name: 'c', resourceClaimName }],
  });
  const series = async (line: string): Promise<boolean> =>
    (await admin.text(`/api/v1/nodes/${dra.name}/proxy/metrics`)).split('\n').includes(line);

  test(`${kubelet} kubelet: slices of a driver that is not there are deleted, and a pod waits for it`, async () => {
    const { driver } = await dra.parts();
    await kubectl.apply(dra.template(of('one'), ['a']));
    await driver.start();
    await until('the driver is registered', () => driver.registrations.length > 0);
    assert.deepEqual(driver.registrations, [{ pluginRegistered: true, error: '' }]);
    await dra.publish();
    driver.stop();
    // The real kubelet takes notice of a socket that is gone once a second, and would call the driver until then.
    await delay(2_000);
    const pod = of('waits');
    await kubectl.apply(dra.pod(pod, templateClaims(of('one'))));
    const said = `FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: DRA driver ${dra.driverName} is not registered`;
    await until(
      'an event says that there is no driver',
      async () => (await dra.warnings(pod)).includes(said),
      () => dra.warnings(pod),
      slowMs,
    );
    assert.equal((await pods.find(pod))?.status.phase, 'Pending');
    await until('its slice is deleted', async () => !(await dra.isPublished()), undefined, slowMs);
    assert.deepEqual(await dra.recorded(), []);
    await driver.start();
    await pods.ready(pod);
    assert.deepEqual((await dra.devicesIn(pod)).length, 1);
    await dra.publish();
    await dra.remove(pod);
  });

  test(`${kubelet} kubelet: containers have the devices of the requests that they name`, async () => {
    const { driver } = await dra.parts();
    await kubectl.apply(dra.template(of('two'), ['a', 'b']));
    const pod = of('requests');
    const made = dra.pod(pod, templateClaims(of('two')));
    const spec = Reflect.get(made, 'spec');
    const [main] = spec.containers;
    const claims = (...list: object[]) => ({ resources: { claims: list } });
    spec.containers = [
      { ...main, name: 'main', ...claims({ name: 'c' }) },
      { ...main, name: 'first', ...claims({ name: 'c', request: 'a' }) },
      { ...main, name: 'none', ...claims() },
    ];
    await kubectl.apply(made);
    await pods.ready(pod);
    const all = await dra.devicesIn(pod);
    assert.equal(all.length, 2);
    const first = await dra.devicesIn(pod, 'first');
    assert.ok(first.length === 1 && all.includes(first[0] ?? ''), first.join());
    assert.deepEqual(await dra.devicesIn(pod, 'none'), []);
    const [name = ''] = await dra.recorded();
    assert.match(name, new RegExp(`^${pod}-c-`));
    assert.deepEqual(driver.methodsOf(name), ['NodePrepareResources']);
    assert.ok(await series('dra_resource_claims_in_use{driver_name="<any>"} 1'));
    assert.ok(await series(`dra_resource_claims_in_use{driver_name="${dra.driverName}"} 1`));

    const claim = await dra.claim(name);
    const results = claim?.status?.allocation?.devices.results ?? [];
    const keyOf = (request: string): string => {
      const { pool, device } = results.find((each) => each.request === request) ?? {};
      return `${pool}/${device}`;
    };
    driver.setHealth({ [keyOf('a')]: { health: 1 }, [keyOf('b')]: { health: 2, message: 'too hot' } });
    const status = await pods.that(pod, 'shows the health of its devices', (each) =>
      JSON.stringify(each.status).includes('too hot'),
    );
    const shown = new Map(
      status.status.containerStatuses?.map((each) => [
        each.name,
        Reflect.get(each, 'allocatedResourcesStatus') as { name: string; resources: object[] }[] | undefined,
      ]),
    );
    assert.equal(shown.get('none'), undefined);
    const cdi = (request: string): string => {
      const uid = claim?.metadata.uid;
      return `test.berth.dev/device-${uid}=${uid}-${keyOf(request).split('/')[1]}`;
    };
    const a = { resourceID: cdi('a'), health: 'Healthy' };
    assert.deepEqual(shown.get('first'), [{ name: 'claim:c/a', resources: [a] }]);
    const b = { resourceID: cdi('b'), health: 'Unhealthy', message: 'too hot' };
    assert.deepEqual(shown.get('main'), [{ name: 'claim:c', resources: [a, b] }]);

    await dra.remove(pod);
    assert.deepEqual(driver.methodsOf(name), ['NodePrepareResources', 'NodeUnprepareResources']);
    assert.deepEqual([await dra.recorded(), [...driver.prepared]], [[], []]);
    await until('no claim is in use', () => series('dra_resource_claims_in_use{driver_name="<any>"} 0'));
  });

  test(`${kubelet} kubelet: pods share a claim, which is given back after the last one`, async () => {
    const { driver } = await dra.parts();
    const [claim, one, two] = [of('shared'), of('one'), of('two')];
    await kubectl.apply(dra.sharedClaim(claim));
    for (const pod of [one, two]) await kubectl.apply(dra.pod(pod, sharedClaims(claim)));
    await pods.ready(one);
    await pods.ready(two);
    assert.deepEqual(await dra.devicesIn(one), await dra.devicesIn(two));
    await dra.remove(one);
    assert.ok(!driver.methodsOf(claim).includes('NodeUnprepareResources'));
    assert.equal((await dra.devicesIn(two)).length, 1);
    await dra.remove(two);
    assert.equal(driver.methodsOf(claim).at(-1), 'NodeUnprepareResources');
    await kubectl.run(['delete', 'resourceclaim', claim]);
  });

  test(`${kubelet} kubelet: a pod that finishes gives its claim back before its phase is final`, async () => {
    const { driver } = await dra.parts();
    const pod = of('job');
    const script = { command: ['/bin/sh', '-c', 'env | grep ^DEVICE_'] };
    driver.failNext('NodeUnprepareResources', 'not now');
    const spec = { restartPolicy: 'Never', ...templateClaims(of('one')) };
    await kubectl.apply(dra.pod(pod, spec, { resources: { claims: [{ name: 'c' }] }, ...script }));
    const unprepared = () => driver.calls.filter((call) => call.includes(`Unprepare`) && call.includes(pod));
    await until('the driver refuses', () => unprepared().length > 0, undefined, slowMs);
    assert.notEqual((await pods.find(pod))?.status.phase, 'Succeeded');
    await pods.that(pod, 'has finished', ({ status }) => status.phase === 'Succeeded');
    assert.equal(unprepared().length, 2);
    assert.deepEqual([await dra.recorded(), [...driver.prepared]], [[], []]);
    await dra.remove(pod);
    assert.equal(unprepared().length, 2);
  });

  test(`${kubelet} kubelet: an extended resource can be a device of a claim that the scheduler makes`, async () => {
    const { driver } = await dra.parts();
    const pod = of('extended');
    await kubectl.apply(dra.pod(pod, {}, { resources: { limits: { [dra.resource]: '1' } } }));
    await pods.ready(pod);
    assert.equal((await dra.devicesIn(pod)).length, 1);
    assert.equal(driver.prepared.size, 1);
    await dra.remove(pod);
    assert.equal(driver.prepared.size, 0);
  });

  test(`${kubelet} kubelet: a driver is replaced without a gap, and the newest plugin is called`, async () => {
    const { node, driver } = await dra.parts();
    const pod = of('replaced');
    await using next = dra.driverOf(node, { instance: 'next', services: ['v1beta1.DRAPlugin'] });
    await next.start();
    await until('both are registered', () => next.registrations.length > 0);
    await kubectl.apply(dra.pod(pod, templateClaims(of('one'))));
    await pods.ready(pod);
    const isOfPod = (call: string): boolean => call.includes(`/${pod}-c-`);
    assert.equal(next.calls.filter(isOfPod).length, 1);
    assert.equal((await dra.devicesIn(pod)).length, 1);
    next.stop();
    await dra.remove(pod);
    assert.equal(driver.calls.filter(isOfPod).at(-1)?.split(' ')[0], 'NodeUnprepareResources');
  });

  for (const method of ['NodePrepareResources', 'NodeUnprepareResources']) {
    test(`${kubelet} kubelet: killed during ${method}, the next one goes on and leaves nothing`, async () => {
      const { node, driver } = await dra.parts();
      const pod = of(`killed-${method.toLowerCase()}`);
      const calls = () => driver.calls.filter((call) => call.startsWith(`${method} default/${pod}`));
      if (method === 'NodeUnprepareResources') {
        await kubectl.apply(dra.pod(pod, templateClaims(of('one'))));
        await pods.ready(pod);
      }
      const release = driver.hold(method);
      if (method === 'NodePrepareResources') await kubectl.apply(dra.pod(pod, templateClaims(of('one'))));
      else await kubectl.run(['delete', 'pod', pod, '--wait=false']);
      await until(`${method} is called`, () => calls().length > 0);
      const registrations = driver.registrations.length;
      await node.kubelet.restart();
      release();
      await until('the driver is registered again', () => driver.registrations.length > registrations);
      await until('the slices are deleted', async () => !(await dra.isPublished()), undefined, slowMs);
      await dra.publish();
      if (method === 'NodePrepareResources') {
        await pods.ready(pod);
        assert.equal((await dra.devicesIn(pod)).length, 1);
      }
      await dra.remove(pod);
      assert.deepEqual([await dra.recorded(), [...driver.prepared]], [[], []]);
    });
  }

  test(`${kubelet} kubelet: a container that starts again under another kubelet has its devices`, async () => {
    const { node, driver } = await dra.parts();
    const pod = of('restarts');
    await kubectl.apply(dra.pod(pod, templateClaims(of('one'))));
    await pods.ready(pod);
    const before = await dra.devicesIn(pod);
    const registrations = driver.registrations.length;
    await node.kubelet.restart();
    await until('the driver is registered again', () => driver.registrations.length > registrations);
    await until('the slices are deleted', async () => !(await dra.isPublished()), undefined, slowMs);
    await dra.publish();
    // The real kubelet does not know the pod at first.
    await until('the kubelet knows the pod', () =>
      kubectl.run(['exec', pod, '--', 'true']).then(
        () => true,
        () => false,
      ),
    );
    // With the container ends what is executed in it, with a failure or without.
    await kubectl.run(['exec', pod, '--', 'kill', '1']).catch(() => {});
    await pods.that(pod, 'runs again', ({ status }) => {
      const [main] = status.containerStatuses ?? [];
      return main?.restartCount === 1 && main.state.running !== undefined;
    });
    assert.deepEqual([before.length, await dra.devicesIn(pod)], [1, before]);
    assert.equal(driver.calls.filter((call) => call.includes(`/${pod}-c-`)).length, 1);
    await dra.remove(pod);
    assert.deepEqual([await dra.recorded(), [...driver.prepared]], [[], []]);
  });

  test(`${kubelet} kubelet: a pod that is gone after its kubelet was killed leaves no claim`, async () => {
    const { node, driver } = await dra.parts();
    const pod = of('gone');
    const release = driver.hold('NodePrepareResources');
    await kubectl.apply(dra.pod(pod, templateClaims(of('one'))));
    await until('it is being prepared', () => driver.calls.some((call) => call.includes(`/${pod}-c-`)));
    await node.kubelet.stop('SIGKILL');
    release();
    await kubectl.run(['delete', 'pod', pod, '--force', '--grace-period=0']);
    assert.equal(driver.prepared.size, 1);
    await node.kubelet.restart();
    await until('the claim is given back', () => driver.prepared.size === 0, undefined, slowMs);
    await until('and forgotten', async () => (await dra.recorded()).length === 0, undefined, slowMs);
  });
}
