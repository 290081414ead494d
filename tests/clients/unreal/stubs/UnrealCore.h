// Stands for the parts of Unreal's Core and Engine that the plugin uses, so that it compiles, and runs, without an engine.
// Written from the names and signatures that the plugin relies on; it is no copy of Unreal and proves nothing about it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// what other headers are known to define: the core must live with it
#define check(expression)
#define verify(expression)
#define near
#define far
#define small char
#define PI 3.1415926535897932f

using uint8 = std::uint8_t;
using uint16 = std::uint16_t;
using int32 = std::int32_t;
using uint32 = std::uint32_t;
using uint64 = std::uint64_t;
using SIZE_T = std::size_t;
using TCHAR = char16_t; // as on Linux: a narrow string in its place is an error
#define TEXT(literal) u##literal

inline std::string ToUtf8(const std::u16string& wide)
{
	std::string out; // the stub knows what lies in two bytes, and that is enough here
	for (const char16_t sign : wide)
	{
		if (sign < 0x80)
		{
			out.push_back(static_cast<char>(sign));
		}
		else
		{
			out.push_back(static_cast<char>(0xc0 | (sign >> 6 & 0x1f)));
			out.push_back(static_cast<char>(0x80 | (sign & 0x3f)));
		}
	}
	return out;
}

inline std::u16string FromUtf8(const std::string& narrow)
{
	std::u16string out;
	for (std::size_t k = 0; k < narrow.size(); ++k)
	{
		const auto lead = static_cast<unsigned char>(narrow[k]);
		const bool two = lead >= 0xc0 && k + 1 < narrow.size();
		out.push_back(static_cast<char16_t>(two ? (lead & 0x1f) << 6 | (narrow[k + 1] & 0x3f) : lead));
		k += two ? 1 : 0;
	}
	return out;
}

#define TCHAR_TO_UTF8(wide) (ToUtf8(wide).c_str())
#define UTF8_TO_TCHAR(narrow) (FromUtf8(narrow).c_str())

class FString
{
public:
	FString() = default;
	FString(const TCHAR* text) : text_(text) {}
	const TCHAR* operator*() const { return text_.c_str(); }
	bool IsEmpty() const { return text_.empty(); }
	void Reset() { text_.clear(); }
	bool EndsWith(const FString& end) const
	{
		return text_.size() >= end.text_.size() && text_.compare(text_.size() - end.text_.size(), end.text_.size(), end.text_) == 0;
	}
	FString TrimStartAndEnd() const { return *this; }
	friend FString operator+(const FString& a, const FString& b) { return FString((a.text_ + b.text_).c_str()); }
	friend bool operator<(const FString& a, const FString& b) { return a.text_ < b.text_; }

private:
	std::u16string text_;
};

class FName
{
public:
	FName() = default;
	explicit FName(const TCHAR* text) : text_(text) {}
	FString ToString() const { return text_; }
	friend bool operator<(const FName& a, const FName& b) { return a.text_ < b.text_; }

private:
	FString text_;
};

class FText
{
public:
	static FText FromString(const FString& text)
	{
		FText out;
		out.text_ = text;
		return out;
	}
	const FString& ToString() const { return text_; }

private:
	FString text_;
};

#define LOCTEXT(key, literal) FText::FromString(FString(TEXT(literal)))

template <typename T>
class TArray
{
public:
	void Add(const T& item) { items_.push_back(item); }
	void Append(const T* data, int32 count) { items_.insert(items_.end(), data, data + count); }
	int32 Num() const { return static_cast<int32>(items_.size()); }
	void Reset() { items_.clear(); }
	const T* GetData() const { return items_.data(); }
	const T& operator[](int32 index) const { return items_.at(static_cast<std::size_t>(index)); }
	auto begin() const { return items_.begin(); }
	auto end() const { return items_.end(); }

private:
	std::vector<T> items_;
};

template <typename K, typename V>
class TMap
{
public:
	void Add(const K& key, const V& value) { items_[key] = value; }
	V& FindOrAdd(const K& key) { return items_[key]; }
	void Reset() { items_.clear(); }
	std::map<K, V> items_;
};

template <typename T>
class TSharedPtr : public std::shared_ptr<T>
{
public:
	using std::shared_ptr<T>::shared_ptr;
	TSharedPtr(const std::shared_ptr<T>& other) : std::shared_ptr<T>(other) {}
	bool IsValid() const { return this->get() != nullptr; }
	void Reset() { this->reset(); }
};

template <typename T>
using TSharedRef = TSharedPtr<T>;

template <typename T, typename... Arguments>
std::shared_ptr<T> MakeShared(Arguments&&... arguments)
{
	return std::make_shared<T>(std::forward<Arguments>(arguments)...);
}

template <typename T>
using TFunction = std::function<T>;

template <typename T>
std::remove_reference_t<T>&& MoveTemp(T&& value)
{
	return static_cast<std::remove_reference_t<T>&&>(value);
}

template <typename T>
class TSubclassOf
{
public:
	TSubclassOf(const void* = nullptr) {}
};

/** A delegate that remembers which object each of its methods belongs to. */
template <typename... Arguments>
class TEvent
{
public:
	template <typename T>
	void AddRaw(T* object, void (T::*method)(Arguments...))
	{
		bound_.emplace_back(object, [object, method](Arguments... arguments) { (object->*method)(arguments...); });
	}
	void RemoveAll(const void* object)
	{
		for (std::size_t k = bound_.size(); k-- > 0;)
		{
			if (bound_[k].first == object)
			{
				bound_.erase(bound_.begin() + static_cast<std::ptrdiff_t>(k));
			}
		}
	}
	void Broadcast(Arguments... arguments)
	{
		const auto bound = bound_;
		for (const auto& one : bound)
		{
			one.second(arguments...);
		}
	}

private:
	std::vector<std::pair<const void*, std::function<void(Arguments...)>>> bound_;
};

template <typename... Arguments>
class TDelegate
{
public:
	std::function<void(Arguments...)> Bound;
	bool ExecuteIfBound(Arguments... arguments) const
	{
		if (Bound)
		{
			Bound(arguments...);
		}
		return static_cast<bool>(Bound);
	}
};

struct FGuid
{
	int32 A = 0;
};

struct FVector
{
	FVector() = default;
	FVector(double x, double y, double z) : X(x), Y(y), Z(z) {}
	static const FVector OneVector;
	double X = 0, Y = 0, Z = 0;
};
inline const FVector FVector::OneVector{1, 1, 1};

struct FQuat
{
	FQuat() = default;
	FQuat(double x, double y, double z, double w) : X(x), Y(y), Z(z), W(w) {}
	double X = 0, Y = 0, Z = 0, W = 1;
};

struct FTransform
{
	FTransform() = default;
	FTransform(const FQuat& rotation, const FVector& location, const FVector& scale)
		: rotation_(rotation), location_(location), scale_(scale)
	{
	}
	FQuat GetRotation() const { return rotation_; }
	FVector GetLocation() const { return location_; }
	FVector GetScale3D() const { return scale_; }
	void SetRotation(const FQuat& rotation) { rotation_ = rotation; }
	void SetLocation(const FVector& location) { location_ = location; }

private:
	FQuat rotation_;
	FVector location_, scale_;
};

/** Time that a test turns by hand. */
struct FPlatformTime
{
	static double& Now()
	{
		static double now = 1000;
		return now;
	}
	static double Seconds() { return Now(); }
};

#define GROOVECAST_API
#define UCLASS(...)
#define UPROPERTY(...)
#define GENERATED_BODY()

class FObjectInitializer
{
};

class UObject
{
public:
	UObject() = default;
	explicit UObject(const FObjectInitializer&) {}
	virtual ~UObject() = default;
};

template <typename T>
const T* GetDefault()
{
	static const T object{};
	return &object;
}

class IModuleInterface
{
public:
	virtual ~IModuleInterface() = default;
	virtual void StartupModule() {}
	virtual void ShutdownModule() {}
};

class FDefaultModuleImpl : public IModuleInterface
{
};

#define IMPLEMENT_MODULE(Type, Name)                                                                                   \
	IModuleInterface* Make##Name();                                                                                    \
	IModuleInterface* Make##Name() { return new Type(); }

#define DEFINE_LOG_CATEGORY_STATIC(Name, Level, All) static int Logged##Name = 0
#define UE_LOG(Name, Level, Format, ...) Told(Logged##Name, Format, __VA_ARGS__)
template <typename... Words>
void Told(int& count, const TCHAR*, const Words*...)
{
	++count;
}

/** Where the stub's plugin lies; the test says it. */
class IPlugin
{
public:
	static std::string& Folder()
	{
		static std::string folder;
		return folder;
	}
	FString GetBaseDir() const { return FString(UTF8_TO_TCHAR(Folder())); }
};

class IPluginManager
{
public:
	static IPluginManager& Get()
	{
		static IPluginManager manager;
		return manager;
	}
	TSharedPtr<IPlugin> FindPlugin(const FString&) { return MakeShared<IPlugin>(); }
};

struct FPaths
{
	template <typename... Parts>
	static FString Combine(const FString& first, const Parts&... parts)
	{
		return (first + ... + (FString(TEXT("/")) + FString(parts)));
	}
};

struct FFileHelper
{
	static bool LoadFileToString(FString& out, const TCHAR* path);
};
