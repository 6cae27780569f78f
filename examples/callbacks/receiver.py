# WEBHOOK_SECRET=whsec_… uvicorn receiver:app --port 9000
import logging
import os
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse

from paymesh import Event
from paymesh.frameworks.fastapi import callback

app = FastAPI()
log = logging.getLogger("uvicorn.error")
verified = callback(os.environ["WEBHOOK_SECRET"])  # whsec_…; another's is answered 401


# whatever your notify_url ends in; in plain text, since JSON would put the word in quotes
@app.post("/{path:path}", response_class=PlainTextResponse)
def receive(event: Annotated[Event, Depends(verified)]) -> str:
    log.info("%s %s", event.id, event.type)  # store it, known by its id, before you answer
    return "success"
