// go run receiver.go, with sdk/go as the module paymesh
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"paymesh"
)

func receive(answer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, 1<<20)) // the exact bytes
	secret := os.Getenv("WEBHOOK_SECRET")
	if err != nil || !paymesh.IsAuthentic(secret, request.Header, body, time.Now()) {
		answer.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event struct{ Type string }
	if json.Unmarshal(body, &event) != nil {
		answer.WriteHeader(http.StatusBadRequest)
		return
	}
	fmt.Println(request.Header.Get("webhook-id"), event.Type) // store it before you answer
	answer.WriteHeader(http.StatusNoContent)
}

func main() {
	http.HandleFunc("/", receive)
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
