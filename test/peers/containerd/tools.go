//go:build tools

// Package peers holds what packages/test-support/src/peers.ts builds, in the versions of go.mod and go.sum.
package peers

import (
	_ "github.com/containerd/containerd/v2/cmd/containerd"
	_ "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"
	_ "github.com/containerd/containerd/v2/cmd/ctr"
)
