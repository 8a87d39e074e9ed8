/* The interactive documentation of the API, from the document that the server itself gives. Nothing else is asked. */

const place = document.querySelector("#api");

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
