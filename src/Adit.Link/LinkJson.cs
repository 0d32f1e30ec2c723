using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Link;

/// <summary>JSON of the link protocol, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(OpenRequest))]
[JsonSerializable(typeof(ControlMessage))]
internal sealed partial class LinkJson : JsonSerializerContext;
