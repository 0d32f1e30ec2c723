using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Hub.Http;

/// <summary>
/// Words of requests that are one of a few. Just these: the reader's own way also takes numbers, numbers in quotes, any case, and lists with
/// commas, which it adds up, so that "admin,user" would be an admin.
/// </summary>
internal sealed class ExactWords : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum && typeToConvert.Assembly == typeof(Api.TaskKind).Assembly;

    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    /// <summary>The words of a type, in its order.</summary>
    public static IReadOnlyList<string> Of(Type type) =>
        [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name)];

    private sealed class Converter<T> : JsonConverter<T>
        where T : struct, Enum
    {
        private readonly List<string> _words = [.. Of(typeof(T))];
        private readonly T[] _values = [.. typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (T)field.GetValue(null)!)]; // In the same order.

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && _words.IndexOf(reader.GetString()!) is >= 0 and var at
                ? _values[at]
                : throw new JsonException($"The word is one of: {string.Join(", ", _words)}.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(_words[Array.IndexOf(_values, value)]);
    }
}
