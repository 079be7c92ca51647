//go:build tools

// Package peers holds what packages/test-support/src/peers.ts builds, in the versions of go.mod and go.sum.
package peers

import (
	_ "sigs.k8s.io/cri-tools/cmd/crictl"
	_ "sigs.k8s.io/cri-tools/cmd/critest"
)
