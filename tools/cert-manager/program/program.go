// Package program has what the programs around cert-manager's library have in common: flags, logs, the way to the API server, and
// an end by a signal.
package program

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	logsapi "k8s.io/component-base/logs/api/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/cert-manager/cert-manager/internal/kube"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
)

// Flags of a program, those of its logs included.
type Flags struct {
	*pflag.FlagSet
	logging    *logsapi.LoggingConfiguration
	kubeconfig string
}

// NewFlags makes flags that refuse what they don't know: a chart that asks for more than these programs do is found out at once.
func NewFlags() *Flags {
	flags := Bare(logsapi.NewLoggingConfiguration())
	logf.AddFlagsNonDeprecated(flags.logging, flags.FlagSet)
	flags.AddKubeconfig()
	return flags
}

// AddKubeconfig adds the flag of the way to the API server.
func (flags *Flags) AddKubeconfig() {
	flags.StringVar(&flags.kubeconfig, "kubeconfig", "", "file with the way to the API server; by default the pod's own")
}

// Bare makes none yet, for a program that has others for the logs.
func Bare(logging *logsapi.LoggingConfiguration) *Flags {
	return &Flags{FlagSet: pflag.NewFlagSet(os.Args[0], pflag.ContinueOnError), logging: logging}
}

// Config of the API server, under the name of the component.
func (flags *Flags) Config(component string) (*rest.Config, error) {
	config, err := kube.BuildClientConfig("", flags.kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("no way to the API server: %w", err)
	}
	return util.RestConfigWithUserAgent(config, component), nil
}

// Kubeconfig is the file that was asked for, if any.
func (flags *Flags) Kubeconfig() string { return flags.kubeconfig }

// Main reads the command line and works until that is done or a signal ends it. It doesn't return when something failed.
func Main(flags *Flags, work func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, flags, work); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, flags *Flags, work func(context.Context) error) error {
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	logf.InitLogs()
	defer logf.FlushLogs()
	if err := logf.ValidateAndApply(flags.logging); err != nil {
		return err
	}
	ctrl.SetLogger(logf.Log)
	return work(logf.NewContext(ctx, logf.Log))
}
