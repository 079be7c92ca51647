# Sourced by the four commands in bin/, with $self set to the command's real path.
# Finds the Node.js that npm brought and starts the bundled command in it.
# BERTH_FROM_SOURCE=1 runs the TypeScript sources as they are, without a build.
root=${self%/bin/*}
name=${self##*/}
# Beside the package where a project of somebody's depends on it.
for node in "$root"/node_modules/node-linux-*/bin/node "$root"/../node-linux-*/bin/node; do
  [ -x "$node" ] && break
done
if [ ! -x "$node" ]; then
  echo "$name: Node.js 26 is not in $root/node_modules; set it up with: cd $root && npm run setup" >&2
  exit 1
fi
# The daemons stay, and wait more than they compute: V8 is to save memory rather than time. A small nursery,
# one helper thread and no optimizing compilers save about 20 MiB of 110 in berthd with 20 pods, and about 25
# of 94 in the kubelet. A nursery of 1 MiB saves no more than one of 2, and an eighth of the processor time of 30
# pods at once went into its collection. Baseline code from a function's first call on takes a quarter off the
# kubelet's processor time for a pod, and 5 MiB.
saving='--max-semi-space-size=2 --v8-pool-size=1 --no-opt --no-maglev --memory-saver-mode'
case $name in
  berthd) flags=$saving ;;
  kubelet) flags="$saving --always-sparkplug" ;;
  *) flags= ;;
esac
if [ -n "$BERTH_FROM_SOURCE" ]; then
  case $name in
    berthd) room=runtime ;;
    *) room=$name ;;
  esac
  exec "$node" $flags "$root/packages/$room/src/main.ts" "$@"
fi
# The cache of scripts/node is for sources: a command that a test starts is what users start.
[ "$NODE_COMPILE_CACHE" = "$root/.cache/node" ] && unset NODE_COMPILE_CACHE NODE_COMPILE_CACHE_PORTABLE
entry=$root/dist/$name.mjs
if [ ! -f "$entry" ]; then
  echo "$name: not built; build it with: cd $root && npm run build" >&2
  exit 1
fi
exec "$node" $flags "$entry" "$@"
