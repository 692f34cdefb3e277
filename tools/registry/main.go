// A registry of images that asks for a login: the distribution registry with the one store and the one way to log in that tests need.
// Upstream's command brings those of all clouds, which take several times as long to compile.
//
//	registry serve <config.yml>
//	echo user:password | registry htpasswd   prints the line by which the registry knows them
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"golang.org/x/crypto/bcrypt"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "htpasswd" {
		if err := htpasswd(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}

func htpasswd() error {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return err
	}
	user, password, found := strings.Cut(strings.TrimSpace(line), ":")
	if !found {
		return fmt.Errorf("expected user:password on standard input")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		return err
	}
	fmt.Printf("%s:%s\n", user, hash)
	return nil
}
