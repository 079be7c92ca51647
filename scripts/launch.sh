# Sourced by the four commands in bin/, with $self set to the command's real path.
# Finds the Node.js that `npm ci` brought and starts the bundled command in it.
# BERTH_FROM_SOURCE=1 runs the TypeScript sources as they are, without a build.
root=${self%/bin/*}
name=${self##*/}
for node in "$root"/node_modules/node-linux-*/bin/node; do
  [ -x "$node" ] && break
done
if [ ! -x "$node" ]; then
  echo "$name: Node.js 26 is not in $root/node_modules; set it up with: cd $root && npm run setup" >&2
  exit 1
fi
# The daemons wait more than they compute, and stay: V8 is to save memory rather than time. That is 20 MiB
# of 110 for berthd with 20 pods; a third optimizing compiler and a large nursery would gain them nothing.
case $name in
  berthd | kubelet) flags='--max-semi-space-size=1 --no-maglev --memory-saver-mode' ;;
  *) flags= ;;
esac
if [ -n "$BERTH_FROM_SOURCE" ]; then
  case $name in
    berthd) room=runtime ;;
    *) room=$name ;;
  esac
  exec "$node" $flags "$root/packages/$room/src/main.ts" "$@"
fi
entry=$root/dist/$name.mjs
[ "$name" = crictl ] && entry=$root/dist/crictl.cjs
if [ ! -f "$entry" ]; then
  echo "$name: not built; build it with: cd $root && npm run build" >&2
  exit 1
fi
exec "$node" $flags "$entry" "$@"
