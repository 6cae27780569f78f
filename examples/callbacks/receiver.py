# WEBHOOK_SECRET=whsec_… uvicorn receiver:app --port 9000
import logging
import os
from typing import Annotated

from fastapi import Depends, FastAPI

from paymesh import Event
from paymesh.frameworks.fastapi import callback

app = FastAPI()
log = logging.getLogger("uvicorn.error")
verified = callback(os.environ["WEBHOOK_SECRET"])  # whsec_…; another's is answered 401


@app.post("/{path:path}")  # whatever your notify_url ends in
def receive(event: Annotated[Event, Depends(verified)]) -> str:
    log.info("%s %s", event.id, event.type)  # store it, known by its id, before you answer
    return "success"
